import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { Contestant } from "../interleave.ts";

/** What whole runs share with the peers' scripts. */
export const RUN_SETTINGS = {
  batchSize: 128,
  evalBatchSize: 512,
  classOrder: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
} as const;

/** How a whole run is computed. */
export interface LibraryRunOptions {
  readonly workers: number;
  readonly engine: "onnxruntime" | "tfjs";
  readonly examplesPerExperience: number | undefined;
}

/**
 * Whole runs of SplitMNIST by the library, in seconds: from making the model to the last evaluation, the start of the
 * Workers and the compilation of the graphs included. Reading the files is not part of it, for peers neither.
 */
export async function openLibraryRun({
  workers,
  engine,
  examplesPerExperience,
}: LibraryRunOptions): Promise<Contestant> {
  const { batchSize, evalBatchSize, classOrder } = RUN_SETTINGS;
  const benchmark = await splitMNIST({ experiences: 5, classOrder, examplesPerExperience });
  const occasions = { epoch: true, experience: true, stream: true };
  return {
    name: `Firn, ${engine}, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    async measure() {
      const began = performance.now();
      await using strategy = new Naive({
        model: simpleMLP({ numClasses: 10 }),
        optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
        trainMbSize: batchSize,
        evalMbSize: evalBatchSize,
        evaluator: new EvaluationPlugin({ metrics: [...accuracyMetrics(occasions), ...lossMetrics(occasions)] }),
        cluster: { workers, engine },
      });
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience);
        await strategy.eval(benchmark.testStream);
      }
      return (performance.now() - began) / 1000;
    },
    close: async () => {},
  };
}
