import type { Dataset } from "../../../src/data/dataset.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

/** A benchmark of Gaussian clusters, four classes: classes 0 1 and 2 3 unless there are more or fewer experiences. */
export function makeBenchmark({
  experiences = 2,
  samples = 64,
  testSamples = 32,
  taskLabels = false,
}: {
  readonly experiences?: number;
  /** Of all experiences together. */
  readonly samples?: number;
  readonly testSamples?: number;
  readonly taskLabels?: boolean;
} = {}): Benchmark {
  return createClassIncrementalBenchmark({
    name: "made",
    train: makeTask({ samples, name: "made train" }),
    test: makeTask({ samples: testSamples, name: "made test" }),
    numClasses: 4,
    experiences,
    shuffle: false,
    taskLabels,
    normalization: { scale: 1, mean: [], std: [] },
    sampleShape: [6],
  });
}

/** What a small strategy is created with: an MLP 6-8-4, plain SGD, minibatches of 16, no evaluator, no Workers. */
export function makeOptions(overrides: Partial<StrategyOptions> & { readonly dropout?: number } = {}): StrategyOptions {
  const { dropout = 0, ...options } = overrides;
  return {
    model: mlp({ ...SMALL_MLP, dropout }),
    optimizer: new SGD({ learningRate: 0.1 }),
    trainMbSize: 16,
    evaluator: null,
    cluster: { workers: 0 },
    ...options,
  };
}

/** A strategy that is closed when the test has done with it. */
export async function withStrategy<Strategy extends { close(): Promise<void> }, Result>(
  strategy: Strategy,
  use: (strategy: Strategy) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(strategy);
  } finally {
    await strategy.close();
  }
}

/** Trains on all experiences of `benchmark`, closes the strategy and gives its parameters [P]. */
export async function trainParameters(
  strategy: TrainedStrategy,
  benchmark: Benchmark = makeBenchmark(),
): Promise<Float32Array> {
  return withStrategy(strategy, async () => {
    await strategy.train(benchmark.trainStream);
    return strategy.parameters.slice();
  });
}

interface TrainedStrategy {
  train(stream: Benchmark["trainStream"]): Promise<unknown>;
  readonly parameters: Float32Array;
  close(): Promise<void>;
}

/** The first `count` samples of a data set. */
export function takeFirst(dataset: Dataset, count: number): Dataset {
  return dataset.subset(Array.from({ length: count }, (_, i) => i));
}
