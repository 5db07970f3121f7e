import { describe, expect, test } from "bun:test";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import type { Logger } from "../../../src/evaluation/loggers/logger.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createCountingRanks } from "../../cluster/ranks/counting_ranks.ts";
import { makeBenchmark, makeOptions } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();
/** One experience: a minibatch of 32, of which rank 0 has half; a loss and four outputs a row, and one word more. */
const [LOSSES, OUTPUTS, STOP] = [16 * 4, 16 * 4 * 4, 4];

/** Trains on two ranks, and gives the bytes that rank 0 sent to the other in rows, and what is left. */
async function trainOnRanks(createOptions: () => Partial<StrategyOptions>) {
  const { exchanges, takeRowBytes } = createCountingRanks(2);
  const strategies = exchanges.map((exchange) => {
    const cluster = { workers: 0, logicalShards: 2, ranks: new Ranks(exchange) };
    return new Naive(makeOptions({ trainMbSize: 32, ...createOptions(), cluster }));
  });
  try {
    await Promise.all(strategies.map((strategy) => strategy.train(trainStream.at(0))));
    return { bytes: takeRowBytes(), parameters: strategies.map((strategy) => strategy.cluster.parameters.slice()) };
  } finally {
    await Promise.all(strategies.map((strategy) => strategy.close()));
  }
}

const measure = (...metrics: ConstructorParameters<typeof EvaluationPlugin>[0]["metrics"]) => ({
  evaluator: new EvaluationPlugin({ metrics }),
});
const logger = (readsOutputs?: boolean): Logger => ({
  logMetrics: () => undefined,
  afterTrainingIteration: () => undefined,
  ...(readsOutputs === undefined ? {} : { readsOutputs }),
});
const log = (...loggers: Logger[]) => ({ evaluator: new EvaluationPlugin({ metrics: [], loggers }) });
const listen = (plugin: StrategyPlugin) => ({ plugins: [plugin] });
const nothing = () => {};

describe("training on two ranks", () => {
  const silent: Record<string, () => Partial<StrategyOptions>> = {
    "nobody listens": () => ({}),
    "a metric measures the loss": () => measure(...lossMetrics({ minibatch: true, epoch: true })),
    "an accuracy is of evaluations": () => measure(...accuracyMetrics({ experience: true })),
    "a logger does not look at them": () => log(logger(false)),
    "a plugin does not look at them": () => listen({ afterTrainingIteration: nothing, readsOutputs: false }),
    "a plugin listens before the forward pass": () => listen({ beforeForward: nothing }),
  };
  for (const [name, createOptions] of Object.entries(silent)) {
    test(`sends no outputs where ${name}`, async () => {
      expect((await trainOnRanks(createOptions)).bytes).toBe(LOSSES + STOP);
    });
  }

  const heard: Record<string, () => Partial<StrategyOptions>> = {
    "a metric measures the accuracy": () => measure(...accuracyMetrics({ epoch: true })),
    "a logger listens": () => log(logger()),
    "a plugin listens to afterUpdate": () => listen({ afterUpdate: nothing }),
    "a plugin listens to afterTrainingIteration": () => listen({ afterTrainingIteration: nothing }),
  };
  for (const [name, createOptions] of Object.entries(heard)) {
    test(`sends outputs where ${name}, with the same parameters`, async () => {
      const { bytes, parameters } = await trainOnRanks(createOptions);
      expect(bytes).toBe(LOSSES + OUTPUTS + STOP);
      expect(parameters).toEqual((await trainOnRanks(() => ({}))).parameters);
    });
  }

  test("sends outputs, in a command of its own, where a plugin delays the update", async () => {
    const { bytes } = await trainOnRanks(() =>
      listen({ afterBackward: ({ mbOutput }) => expect(mbOutput.shape).toEqual([32, 4]) }),
    );
    expect(bytes).toBe(LOSSES + OUTPUTS + STOP);
  });

  test("refuses, in one sentence, outputs that were not sent", async () => {
    const late = { afterTrainingEpoch: ({ mbOutput }: BaseStrategy) => expect(mbOutput).toBeUndefined() };
    await expect(trainOnRanks(() => listen(late))).rejects.toThrow(
      "strategy.mbOutput was not gathered from the other ranks: read it in afterUpdate or afterTrainingIteration, where",
    );
  });
});
