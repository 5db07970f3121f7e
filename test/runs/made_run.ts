import { Naive } from "../../src/methods/naive/naive.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../src/training/loop/strategy_options.ts";
import { makeTask } from "../support/made_task.ts";

/** Two experiences of the same four classes, with other features. */
export function makeBenchmark(
  options: { validationSize?: number; experienceSize?: number; onlineExperienceSize?: number } = {},
): Benchmark {
  const make = (name: string, samples: number) =>
    [0, 1].map((seed) => ({ dataset: makeTask({ samples, seed, name: `${name} ${seed}` }) }));
  return createBenchmark({
    ...options,
    name: "made",
    train: make("train", 64),
    test: make("test", 24),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

/** Options of a small strategy: 6-8-4, momentum, minibatches of 16, two epochs. */
export function makeStrategyOptions({ evaluator, plugins }: RunParts): StrategyOptions {
  return {
    model: mlp({ inputShape: [6], hiddenSize: 8, hiddenLayers: 1, numClasses: 4 }),
    optimizer: new SGD({ learningRate: 0.1, momentum: 0.9 }),
    trainMbSize: 16,
    trainEpochs: 2,
    evaluator,
    plugins,
    cluster: { workers: 0 },
  };
}

/** A small strategy for a run. */
export function makeNaive(parts: RunParts): BaseStrategy {
  return new Naive(makeStrategyOptions(parts));
}
