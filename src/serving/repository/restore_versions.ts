import { type GateLimits, judgeGate, raiseBest } from "../gate/judge_gate.ts";
import type { JournalEntry } from "./journal.ts";
import type { Refusal } from "./model_version.ts";
import type { VersionFile } from "./version_files.ts";

/** Where serving goes on after a restart. */
export interface RestoredVersions {
  /** Files that answered, by when they came to answer: the last one answers. */
  readonly promoted: readonly VersionFile[];
  /** Files that answered and were rolled back. */
  readonly released: readonly VersionFile[];
  /** Files that are refused again without being loaded, by version. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** Best accuracy on each experience. */
  readonly best: ReadonlyMap<number, number>;
}

/**
 * Reads from the journal what was decided. A file that was written anew since is a new one. A refusal by the gate is
 * judged again, as its limits may be others now.
 */
export function restoreVersions(
  entries: readonly JournalEntry[],
  { files, limits }: { readonly files: readonly VersionFile[]; readonly limits: GateLimits },
): RestoredVersions {
  const present = new Map(files.map((file) => [file.version, file]));
  const promoted: VersionFile[] = [];
  const known = new Set<VersionFile>();
  const refused = new Map<string, JournalEntry>();
  let best: ReadonlyMap<number, number> = new Map();
  for (const entry of entries) {
    const file = present.get(entry.version);
    switch (entry.event) {
      case "promoted":
        if (entry.isForced !== true) best = raiseBest(best, entry.accuracies ?? []);
        if (file && file.mark === entry.mark) {
          known.add(file);
          moveToEnd(promoted, file);
        }
        refused.delete(entry.version);
        break;
      case "rolledBack":
        while (promoted.length > 0 && promoted.at(-1)?.version !== entry.version) promoted.pop();
        break;
      case "refused":
        if (file && file.mark === entry.mark) refused.set(entry.version, entry);
        break;
      case "candidate":
      case "retired":
      case "goneBack":
      case "wentOn":
        break;
    }
  }
  const refusals = [...refused].flatMap(([version, entry]) => {
    const refusal = refuseAgain(entry, { limits, best });
    return refusal ? [[version, refusal] as const] : [];
  });
  const released = [...known].filter((file) => !promoted.includes(file));
  return { promoted, released, refusals: new Map(refusals), best };
}

function moveToEnd(promoted: VersionFile[], file: VersionFile): void {
  const at = promoted.findIndex(({ version }) => version === file.version);
  if (at >= 0) promoted.splice(at, 1);
  promoted.push(file);
}

function refuseAgain(
  { mark = "", reason = "", accuracies, measuredBy, isUnmeasured }: JournalEntry,
  context: { readonly limits: GateLimits; readonly best: ReadonlyMap<number, number> },
): Refusal | undefined {
  // Somebody may have measured it since.
  if (isUnmeasured) return undefined;
  if (!accuracies) return { mark, reason, isForgetting: false };
  const { passes, reasons } = judgeGate(accuracies, context);
  if (passes) return undefined;
  return { mark, reason: reasons.join("; "), isForgetting: true, accuracies, ...(measuredBy ? { measuredBy } : {}) };
}
