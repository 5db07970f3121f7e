import { describe, expect, test } from "bun:test";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";
import { CONTRACT_MEMBERS } from "./contract_members.ts";
import { LAST_LAYER_MEMBERS, listGrowingMembers } from "./growing_members.ts";
import { expectResumable } from "./resume_law.ts";
import type { CreateStrategy } from "./strategy_contract.ts";

/** Three experiences, of 2, 1 and 1 classes. */
const benchmark = makeBenchmark({ experiences: 3, samples: 160 });

/**
 * One unit to begin with: the first experience makes the head grow, too. Two shards and dropout, as in the contract.
 */
function createOptions({ workers = 0, hiddenSize = 8 } = {}): StrategyOptions {
  return makeOptions({
    model: mlp({ ...SMALL_MLP, hiddenSize, dropout: 0.2, incremental: true, initialUnits: 1 }),
    optimizer: new Adam({ learningRate: 0.01 }),
    trainMbSize: 32,
    trainEpochs: 2,
    cluster: { workers, logicalShards: 2 },
    seed: 7,
  });
}

/**
 * Trains on one experience after another and gives what can be compared. Each is evaluated as it goes on, together with
 * the next, for whose classes the head grows in the middle of training.
 */
async function run(create: CreateStrategy, workers: number) {
  // Large enough that both workers own a slice of the vectors.
  const strategy = create({ ...createOptions({ workers, hiddenSize: 1600 }), evalEvery: 1 });
  return withStrategy(strategy, async () => {
    const units: number[] = [];
    for (const [index, experience] of [...benchmark.trainStream].entries()) {
      await strategy.train(experience, { evalStreams: [benchmark.testStream.slice(0, index + 2)] });
      units.push(...strategy.heads.map((head) => (head.kind === "incremental" ? head.units : 0)));
    }
    return { parameters: strategy.parameters.slice(), randomStreams: strategy.randomStreams.save(), units };
  });
}

for (const [name, { create, trainsOnce = false }] of coverMembers(listGrowingMembers())) {
  describe(`${name}, with a head that grows`, () => {
    test("train() gives bit-identical parameters on 0 and 2 workers, when the head grows in the middle of experiences", async () => {
      const [inline, pair] = [await run(create, 0), await run(create, 2)];
      expect(inline.units).toEqual([3, 4, 4]);
      expect(inline.parameters.every(Number.isFinite)).toBe(true);
      expect(measureDifference(pair.parameters, inline.parameters)).toBe(0);
      expect({ ...pair, parameters: [] }).toEqual({ ...inline, parameters: [] });
    });

    test("goes on identically, when it was saved before and after its head grew", async () => {
      await expectResumable(() => create(createOptions()), benchmark, { iterations: [2, 7], trainsOnce });
    });
  });
}

for (const name of LAST_LAYER_MEMBERS) {
  test(`${name} refuses features of a head that grows`, () => {
    const wanted = "features of a layer before the heads that grow";
    expect(() => CONTRACT_MEMBERS[name]?.create(createOptions())).toThrow(wanted);
  });
}
