import { readRunSummary } from "../../runs/read_run_files.ts";
import { createRecordedGate, type GateSource } from "./gate_source.ts";

/**
 * The gate of a run without held samples: it compares the accuracies that the run measured after each experience, which
 * stand in its summary.json.
 * @param folder The run's.
 */
export function createRunGate(folder: string): GateSource {
  return createRecordedGate(async (version) => {
    const summary = await readRunSummary(folder).catch(() => undefined);
    const row = summary?.experiences.find(({ index }) => index === version)?.testAccuracy;
    if (!row || summary?.measure !== undefined) return undefined;
    return row.slice(0, version + 1).map((accuracy, experience) => ({ experience, accuracy }));
  });
}
