import { readRunSummary } from "../../runs/read_run_files.ts";
import type { GateSource } from "./gate_source.ts";

/**
 * The gate of a run without held samples: it compares the accuracies that the run measured after each experience, which
 * stand in its summary.json. A run that goes on exports a model before it has written what it measured: such a version
 * waits.
 * @param folder The run's.
 */
export function createRunGate(folder: string): GateSource {
  const readSummary = () => readRunSummary(folder).catch(() => undefined);
  return {
    sets: async () => [],
    async recorded(version) {
      const summary = await readSummary();
      const row = summary?.experiences.find(({ index }) => index === version)?.testAccuracy;
      if (!row || summary?.measure !== undefined) return undefined;
      const accuracies = row.slice(0, version + 1).map((accuracy, experience) => ({ experience, accuracy }));
      // An experience without test samples has none.
      return accuracies.filter(({ accuracy }) => Number.isFinite(accuracy));
    },
    async isReady(version) {
      const summary = await readSummary();
      return summary?.status !== "running" || summary.experiences.some(({ index }) => index === version);
    },
  };
}
