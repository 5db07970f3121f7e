import type { Dataset } from "../../src/data/dataset.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createClassIncrementalBenchmark } from "../../src/streams/benchmarks/class_incremental.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { StrategyOptions } from "../../src/training/loop/strategy_options.ts";
import { makeTask } from "../support/made_task.ts";

/** What Avalanche's suite trains on: ten classes of six features, five experiences of two classes each. */
export function makeFastBenchmark({
  taskLabels = false,
  samplesPerClass = 20,
}: {
  readonly taskLabels?: boolean;
  readonly samplesPerClass?: number;
} = {}): Benchmark {
  const make = (name: string, samples: number): Dataset => makeTask({ samples, classes: 10, name });
  return createClassIncrementalBenchmark({
    name: "fast",
    train: make("fast train", 10 * samplesPerClass),
    test: make("fast test", 80),
    numClasses: 10,
    experiences: 5,
    shuffle: false,
    taskLabels,
    normalization: { scale: 1, mean: [], std: [] },
    sampleShape: [6],
  });
}

/** What its strategies are made with: an MLP 6-10-10, or one with a head for each task. */
export function makeFastOptions({
  multiHead = false,
  ...options
}: Partial<StrategyOptions> & { readonly multiHead?: boolean } = {}): StrategyOptions {
  const size = { inputShape: [6], hiddenLayers: 1, hiddenSize: 10 };
  return {
    model: multiHead ? mlp({ ...size, multiHead }) : mlp({ ...size, numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.001 }),
    trainMbSize: 64,
    evalMbSize: 50,
    trainEpochs: 2,
    evaluator: null,
    cluster: { workers: 0 },
    ...options,
  };
}
