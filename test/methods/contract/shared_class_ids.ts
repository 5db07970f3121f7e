import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { findLargestColumn } from "../../../src/onnx/export/largest_column.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { usePredictor } from "../../../src/training/model/predictor.ts";
import { makeTask } from "../../support/made_task.ts";

/**
 * Two tasks of the same samples that share a class id: what are classes 0 and 1 in one are 1 and 2 in the other. Class
 * 3 never comes.
 */
export function makeSharedIdsBenchmark(): Benchmark {
  const make = (name: string, samples: number, first: number) => {
    const made = makeTask({ samples, classes: 2, seed: 3 });
    const y = made.targets.map((id) => first + id);
    return createArrayDataset({ name, x: readSamples(made).data, y, sampleShape: [6] });
  };
  return createDatasetBenchmark({
    name: "shared ids",
    train: [make("first train", 128, 0), make("second train", 128, 1)],
    test: [make("first test", 64, 0), make("second test", 64, 1)],
    numClasses: 4,
    taskLabels: true,
  });
}

/** The classes that a strategy predicts for each experience of the test stream, as its evaluation does. */
export function predictClasses(strategy: BaseStrategy, { testStream }: Benchmark): Promise<number[][]> {
  return usePredictor(strategy, async (predictor) => {
    const predictions: number[][] = [];
    for (const experience of testStream) {
      const { data, shape } = await predictor.predict(experience, experience.dataset);
      const [rows = 0, columns = 0] = shape;
      const readRow = (_: unknown, row: number) => data.subarray(row * columns, (row + 1) * columns);
      predictions.push(Array.from({ length: rows }, readRow).map(findLargestColumn));
    }
    return predictions;
  });
}

/** The share of samples whose class was predicted. */
export function measureAccuracy(predictions: readonly number[], { targets }: Dataset): number {
  return predictions.filter((id, row) => id === targets[row]).length / targets.length;
}
