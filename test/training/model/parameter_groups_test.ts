import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { restoreNestedStrategy, saveNestedStrategy } from "../../../src/methods/generative_replay/nested_strategy.ts";
import { LRSchedulerPlugin } from "../../../src/methods/lr_scheduler/lr_scheduler_plugin.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { MIR } from "../../../src/methods/mir/mir_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { AdamW } from "../../../src/optimizers/adam.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { loadStrategy } from "../../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../../src/saving/save_strategy.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { WORKER_COUNTS } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark({ samples: 128 });
const [first, second] = benchmark.trainStream;
if (!first || !second) throw new Error("There are two experiences");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-groups-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A head that learns slowly and biases without decay, which are trained in the first experience alone. */
const makeOptimizer = () =>
  new AdamW({
    learningRate: 0.02,
    weightDecay: 0.1,
    groups: [
      { parameters: "classifier", learningRateFactor: 0.25 },
      { parameters: "fc0/bias", weightDecay: 0, trainedExperiences: 1 },
    ],
  });

const schedule = { kind: "exponential", gamma: 0.5 } as const;

function createGrowing(options: Partial<StrategyOptions> = {}): Naive {
  const model = mlp({ ...SMALL_MLP, incremental: true });
  return new Naive(makeOptions({ model, optimizer: makeOptimizer(), ...options }));
}

/** Parameters by name. */
function read(strategy: BaseStrategy, name: string): number[] {
  return [...viewEntry(strategy.parameters, findEntry(strategy.cluster.model.layout, name))];
}

describe("an optimizer's groups", () => {
  test("give the same bits on any number of workers, when heads grow and slices cut the groups", async () => {
    const endings: Float32Array[] = [];
    for (const workers of WORKER_COUNTS) {
      // More than two chunks of parameters: each replica has some of each group.
      const model = mlp({ ...SMALL_MLP, hiddenSize: 5000, incremental: true });
      const cluster = { workers, logicalShards: 2 };
      const strategy = createGrowing({ model, trainMbSize: 32, cluster });
      endings.push(await trainParameters(strategy, benchmark));
    }
    expect(endings[0]?.length).toBeGreaterThan(3 * 16_384);
    for (const ending of endings.slice(1)) expect(ending).toEqual(endings[0] ?? new Float32Array());
  });

  for (const isHeld of [true, false]) {
    test(`hold ${isHeld ? "a head" : "all but a head"} that grows with a learning rate of 0`, async () => {
      const [rate, own] = isHeld ? [0.1, 0] : [0, 0.1];
      const groups = [{ parameters: "classifier", learningRate: own }];
      const optimizer = new SGD({ learningRate: rate, momentum: 0.9, groups });
      const heads: number[][] = [];
      const bodies: number[][] = [];
      const noting = createListener(["beforeTrainingExp", "afterTrainingExp"], (_, strategy) => {
        heads.push(read(strategy, "classifier/kernel"));
        bodies.push(read(strategy, "fc0/kernel"));
      });
      await withStrategy(createGrowing({ optimizer, plugins: [noting] }), (strategy) =>
        strategy.train([first, second]),
      );
      expect(heads.map(({ length }) => length)).toEqual([16, 16, 32, 32]);
      const [held, stepped] = isHeld ? [heads, bodies] : [bodies, heads];
      for (const [before, after] of [
        [0, 1],
        [2, 3],
      ] as const) {
        expect(held[after]).toEqual(held[before] ?? []);
        const isMoved = stepped[after]?.map((value, i) => value !== stepped[before]?.[i]);
        expect(new Set(isMoved)).toEqual(new Set([true]));
      }
    });
  }

  test("are followed by schedules: each learning rate is multiplied, and put back", async () => {
    const rates: number[][] = [];
    const optimizer = makeOptimizer();
    const note = () => [optimizer.learningRate, ...optimizer.groups.map(({ learningRate }) => learningRate)];
    const noting = createListener(["beforeTrainingEpoch"], () => void rates.push(note()));
    const plugins = [new LRSchedulerPlugin({ schedule }), noting];
    await withStrategy(createGrowing({ optimizer, plugins, trainEpochs: 2 }), (strategy) => strategy.train(first));
    expect(rates).toEqual([
      [0.02, 0.005, 0.02],
      [0.01, 0.0025, 0.01],
    ]);
    expect(note()).toEqual([0.02, 0.005, 0.02]);
  });

  test("change with an assignment between two iterations", async () => {
    const optimizer = new SGD({ learningRate: 0, groups: [{ parameters: "fc0/bias" }] });
    const strategy = createGrowing({ optimizer });
    await withStrategy(strategy, async () => {
      await strategy.train(first);
      const before = read(strategy, "fc0/bias");
      const kernel = read(strategy, "fc0/kernel");
      for (const group of optimizer.groups) group.learningRate = 0.1;
      await strategy.train(first);
      expect(read(strategy, "fc0/bias")).not.toEqual(before);
      expect(read(strategy, "fc0/kernel")).toEqual(kernel);
    });
  });

  for (const [name, create] of [
    ["Naive", (optimizer: Optimizer) => new Naive(makeOptions({ optimizer }))],
    ["MIR", (optimizer: Optimizer) => new MIR({ ...makeOptions({ optimizer }), memSize: 20, subsample: 10 })],
    ["MER", (optimizer: Optimizer) => new MER({ ...makeOptions({ optimizer }), memSize: 20, innerBatches: 2 })],
  ] as const) {
    test(`that change nothing leave the bits of ${name}, and others do not`, async () => {
      const train = (groups: NonNullable<ConstructorParameters<typeof SGD>[0]["groups"]>) =>
        trainParameters(create(new SGD({ learningRate: 0.1, groups })));
      const plain = await train([]);
      expect(await train([{ parameters: "fc0", learningRate: 0.1 }])).toEqual(plain);
      expect(await train([{ parameters: "fc0/bias", learningRate: 0.3 }])).not.toEqual(plain);
    });
  }

  test("are in checkpoints with their learning rates: a run goes on identically", async () => {
    const create = () => createGrowing({ plugins: [new LRSchedulerPlugin({ schedule })], trainEpochs: 2 });
    await expectResumable(create, makeBenchmark(), { iterations: [1, 3, 6] });
  });

  test("are in checkpoints where they were assigned", async () => {
    const assigning = () =>
      createListener(["afterTrainingExp"], (_, strategy) => {
        strategy.optimizer = makeOptimizer();
      });
    const create = () => createGrowing({ optimizer: new SGD({ learningRate: 0.1 }), plugins: [assigning()] });
    await expectResumable(create, makeBenchmark(), { iterations: [1, 3] });
  });

  test("are in a strategy's file", async () => {
    const file = join(folder, "strategy.safetensors");
    const strategy = createGrowing();
    const wanted = await withStrategy(strategy, async () => {
      await strategy.train(first);
      for (const group of strategy.optimizer.groups ?? []) group.learningRate /= 4;
      await saveStrategy(strategy, file);
      const held = read(strategy, "fc0/bias");
      await strategy.train(second);
      expect(read(strategy, "fc0/bias")).toEqual(held);
      return strategy.parameters.slice();
    });
    await withStrategy(await loadStrategy(file, { cluster: { workers: 0 } }), async (loaded) => {
      await loaded.train(second);
      expect(loaded.parameters.slice()).toEqual(wanted);
      const other = createGrowing({ optimizer: new AdamW() });
      await expect(loadStrategy(file, { strategy: other })).rejects.toThrow("the optimizer's groups must be");
    });
  });

  test("are kept of a strategy inside another", async () => {
    const [saved, restored] = [makeOptimizer(), makeOptimizer()];
    const outer = new Naive(makeOptions({ optimizer: saved }));
    const inner = new Naive(makeOptions({ optimizer: restored }));
    for (const group of saved.groups) group.learningRate = 3;
    await withStrategy(outer, async () => {
      await outer.start();
      const state = saveNestedStrategy(outer);
      await withStrategy(inner, () => restoreNestedStrategy(inner, state, { act: "the state", sources: new Map() }));
    });
    expect(restored.groups.map(({ learningRate }) => learningRate)).toEqual([3, 3]);
  });

  test("that match no parameter of the model are refused when a strategy is made, and when they are assigned", async () => {
    const optimizer = new SGD({ learningRate: 1, groups: [{ parameters: "head*" }] });
    const message =
      "the optimizer's groups[0]: parameters must match some of fc0/kernel, fc0/bias, classifier/kernel, " +
      'classifier/bias; got "head*"';
    expect(() => createGrowing({ optimizer })).toThrow(message);
    const strategy = createGrowing();
    await withStrategy(strategy, async () => {
      for (const start of [async () => undefined, () => strategy.start()]) {
        await start();
        expect(() => {
          strategy.optimizer = optimizer;
        }).toThrow(message);
      }
    });
  });
});
