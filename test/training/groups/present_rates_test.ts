import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { restoreWeights } from "../../../src/models/model_snapshot.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam, AdamW } from "../../../src/optimizers/adam.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { resolveStrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

/** What scripts/peers/groups_torch.py has recorded of PyTorch, in double precision. */
const recorded = z
  .object({
    rows: z.number(),
    steps: z.number(),
    frozen: z.number(),
    trained: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  })
  .parse(JSON.parse(readFileSync(new URL("groups.json", import.meta.url), "utf8")));

/** What PyTorch's own parameters differ by when it computes in single precision: 1.2e-7. */
const ROUNDING = 1.2e-7;

const BODY = { parameters: "fc0", learningRateFactor: 0.1, frozenEpochs: recorded.frozen };

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => new SGD({ learningRate: 0.5, momentum: 0.9, weightDecay: 0.01, groups: [BODY] }),
  adam: () => new Adam({ learningRate: 0.05, groups: [BODY] }),
  adamw: () => new AdamW({ learningRate: 0.05, weightDecay: 0.1, groups: [BODY] }),
};

function makeModel() {
  const model = mlp({ inputShape: [3], hiddenLayers: 1, hiddenSize: 4, numClasses: 2 });
  const sizes = [12, 4, 8, 2];
  const values = sizes.flatMap((size) => Array.from({ length: size }, (_, i) => 0.5 * Math.sin(i + 1) + 0.1));
  restoreWeights(model, { parameters: Float32Array.from(values), state: new Float32Array(0) });
  return model;
}

/** Parameters of the body, and of the rest, at the ends of experiences and epochs. */
class Watcher implements StrategyPlugin {
  readonly epochs: boolean[] = [];
  readonly rests: boolean[] = [];
  #before = new Float32Array(0);

  beforeTrainingEpoch({ parameters }: BaseStrategy): void {
    this.#before = Float32Array.from(parameters);
  }

  /** Notes whether fc0 has moved in the epoch, and whether the others have. */
  afterTrainingEpoch({ parameters, cluster }: BaseStrategy): void {
    const moved = new Set<boolean>();
    const rests = new Set<boolean>();
    for (const { name, offset, size } of cluster.model.layout.entries) {
      const [now, then] = [parameters, this.#before].map((all) => [...all.subarray(offset, offset + size)]);
      (name.startsWith("fc0") ? moved : rests).add(JSON.stringify(now) !== JSON.stringify(then));
    }
    this.epochs.push(moved.has(true));
    this.rests.push(rests.has(true));
  }
}

async function watch(group: object, make: (options: ReturnType<typeof makeOptions>) => BaseStrategy) {
  const watcher = new Watcher();
  const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9, groups: [{ parameters: "fc0", ...group }] });
  await withStrategy(make(makeOptions({ optimizer, trainEpochs: 2, plugins: [watcher] })), async (strategy) => {
    await strategy.train(makeBenchmark({ experiences: 4 }).trainStream);
  });
  expect(watcher.rests).toEqual(new Array(8).fill(true));
  return watcher.epochs;
}

describe("groups of parameters", () => {
  for (const [name, createOptimizer] of Object.entries(OPTIMIZERS)) {
    test(`are trained as PyTorch's param_groups are by ${name}, with a share of the learning rate and held still at first`, async () => {
      const { rows, steps } = recorded;
      const model = makeModel();
      const dataset = createArrayDataset({
        name: "rows",
        x: Float32Array.from({ length: rows * 3 }, (_, i) => Math.cos(i + 1)),
        y: Array.from({ length: rows }, (_, row) => row % 2),
        sampleShape: [3],
      });
      const shared = { trainMbSize: rows, trainEpochs: steps, evaluator: null, cluster: { workers: 0 } };
      const strategy = new Naive({ model, optimizer: createOptimizer(), ...shared });
      await withStrategy(strategy, async () => {
        await strategy.train(createDatasetBenchmark({ name: "rows", train: [dataset], test: [dataset] }).trainStream);
        for (const { name: parameter, offset, size } of strategy.cluster.model.layout.entries) {
          const wanted = recorded.trained[name]?.[parameter] ?? [];
          expect(wanted.length).toBe(size);
          for (const [i, value] of wanted.entries()) {
            expect(Math.abs((strategy.parameters[offset + i] ?? Number.NaN) - value)).toBeLessThan(ROUNDING);
          }
        }
      });
    });
  }

  const naive = (options: ReturnType<typeof makeOptions>) => new Naive(options);

  test("are held still in first experiences, in first epochs of each, and after so many", async () => {
    const [no, yes] = [false, true];
    expect(await watch({}, naive)).toEqual([yes, yes, yes, yes, yes, yes, yes, yes]);
    expect(await watch({ frozenExperiences: 2 }, naive)).toEqual([no, no, no, no, yes, yes, yes, yes]);
    expect(await watch({ frozenEpochs: 1 }, naive)).toEqual([no, yes, no, yes, no, yes, no, yes]);
    expect(await watch({ trainedExperiences: 3 }, naive)).toEqual([yes, yes, yes, yes, yes, yes, no, no]);
    const all = { frozenExperiences: 1, frozenEpochs: 1, trainedExperiences: 3 };
    expect(await watch(all, naive)).toEqual([no, no, no, yes, no, yes, no, no]);
  });

  test("are held still by MER's own steps, too", async () => {
    const mer = (options: ReturnType<typeof makeOptions>) =>
      new MER({ ...options, memSize: 8, batchSizeMem: 4, innerBatches: 1 });
    const epochs = await watch({ frozenExperiences: 2 }, mer);
    expect(epochs).toEqual([false, false, false, false, true, true, true, true]);
  });

  test("refuse what says twice, or never", () => {
    const make = (group: object) => () => new Adam({ groups: [{ parameters: "fc0", ...group }] });
    expect(make({ learningRate: 0.1, learningRateFactor: 2 })).toThrow(
      "Adam: groups[0]: learningRate and learningRateFactor exclude each other",
    );
    expect(make({ learningRateFactor: -1 })).toThrow("learningRateFactor must be at least 0, got -1");
    expect(make({ frozenEpochs: 0 })).toThrow("frozenEpochs must be at least 1, got 0");
    expect(make({ frozenExperiences: 2, trainedExperiences: 2 })).toThrow(
      "Adam: groups[0]: trainedExperiences must be above frozenExperiences, 2, got 2",
    );
    const trainFor = (trainEpochs: number) => () =>
      resolveStrategyOptions("Naive", makeOptions({ optimizer: make({ frozenEpochs: 2 })(), trainEpochs }));
    expect(trainFor(2)).toThrow(
      "Naive: a group of parameters is held still in the first 2 epochs of each experience, " +
        "so there must be more epochs than that, got 2",
    );
    expect(trainFor(3)).not.toThrow();
  });
});
