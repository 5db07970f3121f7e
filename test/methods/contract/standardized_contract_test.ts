import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { measureMoments } from "../../../src/data/moments.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { readExactly } from "../../training/model/read_statistics.ts";
import { CONTRACT_MEMBERS, isTwin } from "./contract_members.ts";
import { expectResumable } from "./resume_law.ts";

/** They hold the layer, so that the activations that they remember stay true. */
const HOLDING_MEMBERS = ["LatentReplayPlugin", "AR1"];

/** They keep the networks of tasks as they are, and refuse what would move under them. */
const REFUSING_MEMBERS = ["PackNet", "PackNetPlugin"];

/** It trains a model of its own. */
const OTHER_MEMBERS = ["VAETraining"];

function createOptions(): StrategyOptions {
  return makeOptions({
    model: mlp({ ...SMALL_MLP, dropout: 0.2, standardize: true }),
    optimizer: new Adam({ learningRate: 0.01 }),
    trainMbSize: 32,
    trainEpochs: 2,
    // Early stopping looks at it.
    evaluator: new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) }),
    cluster: { workers: 0, logicalShards: 2 },
    seed: 7,
  });
}

describe("a model that standardises its samples", () => {
  for (const [name, { create, createModel, trainsOnce = false }] of coverMembers(Object.entries(CONTRACT_MEMBERS))) {
    if (createModel || isTwin(name) || [...REFUSING_MEMBERS, ...OTHER_MEMBERS].includes(name)) continue;
    const benchmark = makeBenchmark({ experiences: 3, samples: 96 });

    test(`has seen each sample once, and goes on identically when it was interrupted: ${name}`, async () => {
      await withStrategy(create(createOptions()), async (strategy) => {
        const evalStreams = [benchmark.testStream];
        for (const part of trainsOnce ? [benchmark.trainStream] : benchmark.trainStream) {
          await strategy.train(part, { evalStreams });
        }
        const experiences = [...benchmark.trainStream].slice(0, HOLDING_MEMBERS.includes(name) ? 1 : undefined);
        const { count, mean, squares } = measureMoments(Dataset.concat(experiences.map((one) => one.dataset)), 6);
        const found = readExactly(strategy);
        expect(found.count).toBe(count);
        for (const c of [0, 1, 2, 3, 4, 5]) {
          expect(found.mean[c]).toBeCloseTo(mean[c] ?? Number.NaN, 10);
          expect(found.variance[c]).toBeCloseTo((squares[c] ?? Number.NaN) / count, 10);
        }
      });
      await expectResumable(() => create(createOptions()), benchmark, { iterations: [3], trainsOnce });
    });
  }

  for (const name of REFUSING_MEMBERS) {
    test(`is refused: ${name}`, () => {
      expect(() => CONTRACT_MEMBERS[name]?.create(createOptions())).toThrow("needs a model without layer state");
    });
  }
});
