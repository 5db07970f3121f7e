import type { Benchmark } from "../streams/experience.ts";
import { type ExperienceSummary, weighAccuracy } from "./run_summary.ts";

/** How a strategy did on the test stream, from the accuracy on each of its experiences by number. */
export function readTestAccuracy(
  { testStream }: Benchmark,
  accuracies: ReadonlyMap<number, number>,
): Pick<ExperienceSummary, "testAccuracy" | "streamAccuracy"> {
  const experiences = [...testStream];
  const testAccuracy = experiences.map(({ currentExperience }) => accuracies.get(currentExperience) ?? Number.NaN);
  const counts = experiences.map(({ dataset }) => dataset.length);
  return { testAccuracy, streamAccuracy: weighAccuracy(testAccuracy, counts) };
}
