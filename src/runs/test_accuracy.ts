import type { Benchmark } from "../streams/experience.ts";
import type { RunMonitor } from "./run_monitor.ts";
import { type ExperienceSummary, weighAccuracy } from "./summary/run_summary.ts";

/** How a strategy did on the test stream, from the run's measure on each of its experiences by number. */
export function readTestAccuracy(
  { testStream }: Benchmark,
  { accuracies, streamValue }: Pick<RunMonitor, "accuracies" | "streamValue">,
): Pick<ExperienceSummary, "testAccuracy" | "streamAccuracy"> {
  const experiences = [...testStream];
  const testAccuracy = experiences.map(({ currentExperience }) => accuracies.get(currentExperience) ?? Number.NaN);
  const counts = experiences.map(({ dataset }) => dataset.length);
  return { testAccuracy, streamAccuracy: streamValue ?? weighAccuracy(testAccuracy, counts) };
}
