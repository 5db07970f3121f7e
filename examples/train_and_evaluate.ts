/** Trains on one experience after another and evaluates on the whole test stream after each. */
import { type LastMetrics, splitMNIST } from "firn";
import { createNaive } from "./strategy_instantiation.ts";

export async function trainAndEvaluate(options: { examplesPerExperience?: number } = {}): Promise<LastMetrics[]> {
  const benchmark = await splitMNIST({ experiences: 5, seed: 1, ...options });
  await using strategy = createNaive();

  console.log("Starting experiment…");
  const results: LastMetrics[] = [];
  for (const experience of benchmark.trainStream) {
    console.log("Start of experience:", experience.currentExperience);
    console.log("Current classes:", experience.classesInThisExperience);

    await strategy.train(experience);
    console.log("Training completed");

    console.log("Computing accuracy on the whole test set");
    results.push(await strategy.eval(benchmark.testStream));
  }
  return results;
}

if (import.meta.main) await trainAndEvaluate();
