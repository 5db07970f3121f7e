import type { JournalEntry } from "./journal.ts";
import type { LoadedVersion, ModelVersion } from "./model_version.ts";

/** What the journal keeps of a version: its file, and what was measured. */
export function describeForJournal(
  known: ModelVersion | undefined,
  loaded: LoadedVersion | undefined,
): Partial<JournalEntry> {
  const refusal = known?.state.kind === "refused" ? known.state.refusal : undefined;
  const measured = loaded ?? refusal;
  const { accuracies = [], measuredBy } = measured ?? {};
  return {
    ...(known ? { path: known.file.path, mark: known.file.mark } : {}),
    ...(accuracies.length > 0 ? { accuracies: [...accuracies] } : {}),
    ...(measuredBy ? { measuredBy } : {}),
    ...(refusal?.isUnmeasured ? { isUnmeasured: true } : {}),
    ...(loaded ? { batch: loaded.prepared.capacity } : {}),
  };
}
