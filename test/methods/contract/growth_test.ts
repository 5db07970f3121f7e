import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { EWC } from "../../../src/methods/ewc/ewc_plugin.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { ModelGrowth } from "../../../src/training/model/model_growth.ts";
import { WORKER_COUNTS } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { expectResumable } from "./resume_law.ts";

const incremental = { ...SMALL_MLP, incremental: true };
const multiHead = { ...SMALL_MLP, multiHead: true };

function createNaive(model: Parameters<typeof mlp>[0], options: Partial<StrategyOptions> = {}): Naive {
  return new Naive(makeOptions({ model: mlp(model), ...options }));
}

/** The parts of a strategy's vectors by name. */
function read(strategy: BaseStrategy, name: string): Float32Array {
  const { model, parameters, state } = strategy.cluster;
  const isState = name.endsWith("active");
  return viewEntry(isState ? state : parameters, findEntry(isState ? model.stateLayout : model.layout, name)).slice();
}

describe("BaseStrategy.modelAdaptation()", () => {
  test("widens an incremental classifier and lets the classes of trained experiences count", async () => {
    const given = mlp(incremental);
    await withStrategy(createNaive(incremental, { model: given }), async (strategy) => {
      const [first, second] = makeBenchmark().trainStream;
      if (!first || !second) throw new Error("There are two experiences");
      await strategy.train(first);
      expect(strategy.model).toBe(given);
      expect([...read(strategy, "classifier/active")]).toEqual([1, 1]);
      const kernel = read(strategy, "classifier/kernel");
      await strategy.eval(second);
      expect(strategy.mbOutput.shape).toEqual([0, 0]);
      expect(strategy.heads).toEqual([{ kind: "incremental", layer: "classifier", units: 4 }]);
      expect([...read(strategy, "classifier/active")]).toEqual([1, 1, 0, 0]);
      const wider = read(strategy, "classifier/kernel");
      expect([...wider.filter((_, i) => i % 4 < 2)]).toEqual([...kernel]);
      const drawn = wider.filter((_, i) => i % 4 >= 2);
      expect(new Set(drawn).size).toBe(16);
      expect(drawn.every((value) => Math.abs(value) <= 1 / Math.sqrt(8) && value !== 0)).toBe(true);
      await strategy.train(second);
      expect([...read(strategy, "classifier/active")]).toEqual([1, 1, 1, 1]);
      expect(strategy.model).not.toBe(given);
      expect(flattenWeights(strategy.model).parameters).toEqual(strategy.parameters.slice());
      expect(flattenWeights(given).layout.size).toBe(6 * 8 + 8 + 8 * 2 + 2);
    });
  });

  test("gives each task label a head as wide as its largest class needs, and the head's own classes count", async () => {
    await withStrategy(createNaive(multiHead), async (strategy) => {
      const { trainStream, testStream } = makeBenchmark({ taskLabels: true, experiences: 4 });
      await strategy.train(trainStream.slice(0, 2));
      expect(strategy.heads).toEqual([{ kind: "multi-head", layer: "classifier", headUnits: [2, 2] }]);
      expect([...read(strategy, "classifier/active")]).toEqual([1, 0, 0, 1]);
      await strategy.eval(testStream);
      expect(strategy.heads).toEqual([{ kind: "multi-head", layer: "classifier", headUnits: [2, 2, 3, 4] }]);
      expect([...read(strategy, "classifier/active")]).toEqual([...[1, 0, 0, 0], ...[0, 1, 0, 0], ...Array(8).fill(0)]);
    });
  });

  test("lets a class count for the heads of its own samples, when an experience has several task labels", async () => {
    const strategy = new JointTraining(makeOptions({ model: mlp(multiHead) }));
    await withStrategy(strategy, async () => {
      await strategy.train(makeBenchmark({ taskLabels: true }).trainStream);
      expect(strategy.heads).toEqual([{ kind: "multi-head", layer: "classifier", headUnits: [2, 4] }]);
      expect([...read(strategy, "classifier/active")]).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
    });
  });

  test("masks in evaluation what was not trained", async () => {
    await withStrategy(createNaive(incremental), async (strategy) => {
      const { trainStream, testStream } = makeBenchmark();
      await strategy.train(trainStream.at(0));
      await strategy.eval(testStream);
      const { data, shape } = await strategy.forwardWith(strategy.parameters, testStream.at(1).dataset);
      expect(shape).toEqual([16, 4]);
      expect(data.every((value, i) => (i % 4 < 2 ? Math.abs(value) < 100 : value === -1000))).toBe(true);
    });
  });

  test("leaves everything in its place, when nothing grows", async () => {
    const growths: ModelGrowth[] = [];
    const plugin = { afterModelGrowth: (_: BaseStrategy, growth: ModelGrowth) => void growths.push(growth) };
    const { trainStream, testStream } = makeBenchmark();
    for (const model of [SMALL_MLP, { ...incremental, initialUnits: 4 }]) {
      await withStrategy(createNaive(model, { plugins: [plugin] }), async (strategy) => {
        await strategy.eval(testStream);
        const { parameters } = strategy;
        await strategy.train(trainStream);
        await strategy.eval(testStream);
        expect(strategy.parameters).toBe(parameters);
        expect(strategy.randomStreams.save().growth).toBe(undefined);
      });
    }
    expect(growths).toEqual([]);
  });

  test("keeps the tensors of the model that it was given and of the newest, when it grows again and again", async () => {
    const counts: number[] = [];
    const plugin = { afterModelGrowth: () => void counts.push(tf.memory().numTensors) };
    await withStrategy(createNaive({ ...incremental, initialUnits: 1 }, { plugins: [plugin] }), async (strategy) => {
      await strategy.eval(makeBenchmark({ experiences: 4 }).testStream);
      expect(counts.length).toBe(3);
      expect(new Set(counts).size).toBe(1);
    });
  });

  test("tells plugins of each growth, with a remap that fits the vectors of then and now", async () => {
    const sizes: number[][] = [];
    let kept = new Float32Array();
    const plugin = {
      beforeTraining: (strategy: BaseStrategy) => {
        kept = Float32Array.from(strategy.parameters);
      },
      afterModelGrowth: (strategy: BaseStrategy, growth: ModelGrowth) => {
        sizes.push([growth.parameters.from.size, strategy.parameters.length]);
        // Nothing was trained yet: the old values moved, with the new draws, are what the model has.
        expect(growth.remap(kept, strategy.parameters)).toEqual(strategy.parameters.slice());
        expect(growth.remapState(new Float32Array(growth.state.from.size))).toEqual(strategy.cluster.state.slice());
        kept = Float32Array.from(strategy.parameters);
      },
    };
    await withStrategy(createNaive({ ...incremental, initialUnits: 1 }, { plugins: [plugin] }), async (strategy) => {
      await strategy.train([], {});
      await strategy.eval(makeBenchmark({ experiences: 4 }).testStream);
      expect(sizes).toEqual([
        [65, 74],
        [74, 83],
        [83, 92],
      ]);
    });
  });
});

describe("training with growth", () => {
  for (const [name, model, taskLabels] of [
    ["an incremental classifier", incremental, false],
    ["a multi-head classifier", multiHead, true],
  ] as const) {
    test(`is bit-identical on any number of workers, with ${name}`, async () => {
      const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 128, taskLabels });
      const endings: unknown[] = [];
      for (const workers of WORKER_COUNTS) {
        const options = { optimizer: new Adam({ learningRate: 0.01 }), trainMbSize: 32, evalEvery: 0 };
        const cluster = { workers, logicalShards: 2 };
        await withStrategy(createNaive({ ...model, dropout: 0.3 }, { ...options, cluster }), async (strategy) => {
          await strategy.train(trainStream.slice(0, 2));
          await strategy.eval(testStream);
          await strategy.train(trainStream.slice(2));
          endings.push([strategy.parameters.slice(), strategy.cluster.state.slice()]);
        });
      }
      expect(endings).toEqual(endings.map(() => endings[0]));
    });

    test(`goes on bit for bit from a checkpoint, with ${name}`, async () => {
      await expectResumable(
        () => createNaive({ ...model, dropout: 0.3 }, { optimizer: new Adam(), trainEpochs: 2, evalEvery: 1 }),
        makeBenchmark({ taskLabels }),
        { iterations: [1, 3, 5, 7] },
      );
    });

    test(`gives the gradient of EWC's slow version, with ${name}`, async () => {
      const lambda = 3;
      let anchor: { importances: Float32Array; parameters: Float32Array } | undefined;
      let growth: ModelGrowth | undefined;
      let compared = 0;
      const strategy = new EWC({
        ...makeOptions({ model: mlp(model), trainEpochs: 2 }),
        lambda,
        compatibility: "avalanche",
        importanceBatchSize: 4,
        plugins: [
          {
            async afterTrainingExp(trained: BaseStrategy) {
              if (anchor) return;
              const { dataset } = trained.experience;
              const importances = new Float32Array(trained.parameters.length);
              for (let start = 0; start < dataset.length; start += 4) {
                const batch = dataset.subset([start, start + 1, start + 2, start + 3]);
                const gradient = await trained.gradientOn(batch);
                gradient.forEach((g, i) => {
                  importances[i] = (importances[i] ?? 0) + (g * g * 4) / dataset.length;
                });
              }
              anchor = { importances, parameters: Float32Array.from(trained.parameters) };
            },
            afterModelGrowth(_: BaseStrategy, change: ModelGrowth) {
              if (anchor) growth = change;
            },
            async afterBackward(trained: BaseStrategy) {
              if (!anchor || !growth) return;
              const [importances, held] = [growth.remap(anchor.importances), growth.remap(anchor.parameters)];
              const plain = await trained.gradientOn(trained.mbatch);
              trained.gradient.forEach((g, i) => {
                const pull = 2 * lambda * (importances[i] ?? 0) * ((trained.parameters[i] ?? 0) - (held[i] ?? 0));
                expect(Math.abs(g - (plain[i] ?? Number.NaN) - pull)).toBeLessThan(1e-5);
              });
              compared += 1;
            },
          },
        ],
      });
      await withStrategy(strategy, async () => {
        await strategy.train(makeBenchmark({ taskLabels }).trainStream);
        expect(compared).toBe(4);
        expect(growth?.parameters.to.size).toBeGreaterThan(growth?.parameters.from.size ?? Number.NaN);
      });
    });
  }
});
