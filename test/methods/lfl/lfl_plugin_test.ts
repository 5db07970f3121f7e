import { describe, expect, test } from "bun:test";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { FeatureDistillationPlugin } from "../../../src/methods/feature_distillation/feature_distillation_plugin.ts";
import { LFL, LFLPlugin } from "../../../src/methods/lfl/lfl_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 96 });

/** relu(x W + b) of the first layer, 6 to 8, by hand. */
function computeFeatures(layer: Float32Array, x: Float32Array): number[][] {
  return Array.from({ length: x.length / 6 }, (_, row) =>
    Array.from({ length: 8 }, (_, unit) => {
      let sum = layer[48 + unit] ?? 0;
      for (let i = 0; i < 6; i++) sum += (x[6 * row + i] ?? 0) * (layer[8 * i + unit] ?? 0);
      return Math.max(0, sum);
    }),
  );
}

/**
 * Compares loss and gradient with cross-entropy's and the distance's, back-propagated by hand. Comes after the plugin.
 */
function createCheck(
  distance: (features: Rows, old: Rows) => number,
  checks: { steps: number; largest: number },
): StrategyPlugin {
  let teacher: Float32Array | undefined;
  return createListener(["afterTrainingExp", "afterBackward"], async (callback, strategy) => {
    // The first layer comes first in the vector, whatever the head grows to.
    const layer = strategy.parameters.slice(0, 56);
    if (callback === "afterTrainingExp") {
      teacher = layer;
      return;
    }
    const { mbatch, mbOutput, mbY } = strategy;
    const x = readSamples(mbatch).data;
    let { loss } = new CrossEntropyLoss().evaluate(mbOutput, mbY);
    const wanted = Array.from(await strategy.gradientOn(mbatch));
    if (teacher) {
      const [features, old] = [computeFeatures(layer, x), computeFeatures(teacher, x)];
      const extra = distance(features, old);
      loss += extra;
      const dFeatures = differentiateSlowly((rows) => distance(rows, old), features);
      for (const [row, values] of features.entries()) {
        for (const [unit, value] of values.entries()) {
          const error = value > 0 ? (dFeatures[8 * row + unit] ?? 0) : 0;
          for (let i = 0; i < 6; i++)
            wanted[8 * i + unit] = (wanted[8 * i + unit] ?? 0) + error * (x[6 * row + i] ?? 0);
          wanted[48 + unit] = (wanted[48 + unit] ?? 0) + error;
        }
      }
      checks.largest = Math.max(checks.largest, extra);
    }
    expect(Math.abs(strategy.loss - loss)).toBeLessThan(1e-4);
    expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-3);
    checks.steps += 1;
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const squares = (features: Rows, old: Rows) =>
  features.map((row, i) => row.reduce((sum, value, j) => sum + (value - (old[i]?.[j] ?? 0)) ** 2, 0));
const cosines = (features: Rows, old: Rows) =>
  features.map((row, i) => {
    const other = old[i] ?? [];
    const dot = row.reduce((sum, value, j) => sum + value * (other[j] ?? 0), 0);
    const length = Math.hypot(...row) * Math.hypot(...other);
    return length === 0 ? 1 : 1 - dot / length;
  });

describe("LFLPlugin and FeatureDistillationPlugin", () => {
  for (const [name, create, distance] of [
    ["less-forgetting learning", () => new LFLPlugin({ lambda: 0.3 }), (f, old) => 0.15 * mean(squares(f, old))],
    [
      "less-forgetting learning as in Avalanche",
      () => new LFLPlugin({ lambda: 2, compatibility: "avalanche" }),
      (f, old) => 0.25 * mean(squares(f, old)),
    ],
    ["cosine distillation", () => new FeatureDistillationPlugin({ alpha: 3 }), (f, old) => 3 * mean(cosines(f, old))],
    [
      "distillation of squares",
      () => new FeatureDistillationPlugin({ alpha: 4, mode: "mse" }),
      (f, old) => 0.5 * mean(squares(f, old)),
    ],
  ] as readonly (readonly [string, () => StrategyPlugin, (f: Rows, old: Rows) => number])[]) {
    for (const [headName, head] of [
      ["a fixed head", {}],
      ["a growing head", { incremental: true, initialUnits: 1 }],
    ] as const) {
      test(`add the loss and the gradient of the slow version: ${name}, with ${headName}`, async () => {
        const checks = { steps: 0, largest: 0 };
        const plugins = [create(), createCheck(distance, checks)];
        const model = mlp({ ...SMALL_MLP, ...head });
        const strategy = new Naive({ ...makeOptions({ trainEpochs: 3, plugins }), model });
        await withStrategy(strategy, () => strategy.train(trainStream));
        expect(checks.steps).toBe(4 * 3 * 2);
        expect(checks.largest).toBeGreaterThan(1e-3);
      });
    }
  }

  test("work on several heads, and end their replicas with the strategy", async () => {
    const tasks = makeBenchmark({ taskLabels: true });
    const plugins = [new FeatureDistillationPlugin({ alpha: 5 })];
    const options = { ...makeOptions({ plugins }), cluster: { workers: 1 } };
    const strategy = new Naive({ ...options, model: mlp({ ...SMALL_MLP, multiHead: true }) });
    await withStrategy(strategy, async () => {
      await strategy.train(tasks.trainStream);
      expect(strategy.parameters.every(Number.isFinite)).toBe(true);
    });
  });

  test("refuse options out of range and layers that are not there", () => {
    expect(() => new LFLPlugin({ lambda: -1 })).toThrow("LFLPlugin: lambda must be at least 0, got -1");
    expect(() => Reflect.construct(LFLPlugin, [{ lambda: 1, compatibility: "x" }])).toThrow(
      'LFLPlugin: compatibility must be "paper" or "avalanche", got "x"',
    );
    expect(() => new FeatureDistillationPlugin({ alpha: [] })).toThrow(
      "FeatureDistillationPlugin: alpha must be an array of at least one element, got []",
    );
    expect(() => Reflect.construct(FeatureDistillationPlugin, [{ mode: "cosin" }])).toThrow(
      'FeatureDistillationPlugin: mode must be "cosine" or "mse", got "cosin"',
    );
    expect(() => new LFL({ ...makeOptions(), lambda: 1, layerName: "nowhere" })).toThrow("nowhere");
  });
});

describe("LFL", () => {
  test("trains the same within the step and by replicas of features, where the step cannot hold them", async () => {
    const trained: Float32Array[] = [];
    for (const isMixed of [false, true]) {
      // Mixed with themselves, samples are what they were.
      const mixing = createListener(["beforeForward"], (_, strategy) => {
        const partners = Int32Array.from(strategy.mbatch.targets, (_target, i) => i);
        const shares = new Float32Array(partners.length).fill(1);
        const rectangles = new Int32Array(4 * partners.length);
        if (isMixed) strategy.mixMinibatch({ kind: "mixup", partners, shares, rectangles });
      });
      const strategy = new LFL({ ...makeOptions({ plugins: [mixing], dropout: 0.4 }), lambda: 0.5 });
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        trained.push(strategy.parameters.slice());
      });
    }
    expect(measureDifference(trained[0] ?? [], trained[1] ?? [])).toBeLessThan(1e-5);
    expect(trained[0]).not.toEqual(trained[1]);
  });

  test("holds the head from the second experience on, whatever the optimizer does", async () => {
    const heads: Float32Array[] = [];
    const noting = createListener(["afterTrainingExp"], (_, strategy) => void heads.push(readHead(strategy)));
    const optimizer = new Adam({ learningRate: 0.01, weightDecay: 0.1 });
    const strategy = new LFL({ ...makeOptions({ plugins: [noting], optimizer, trainEpochs: 2 }), lambda: 0.1 });
    await withStrategy(strategy, () => strategy.train(trainStream));
    for (const head of heads) expect(head).toEqual(heads[0] ?? new Float32Array());
  });

  test("moves features less, the larger lambda is", async () => {
    const { dataset } = testStream.at(0);
    const drifts: number[] = [];
    for (const lambda of [0, 0.1, 0.5]) {
      const strategy = new LFL({ ...makeOptions({ trainEpochs: 5 }), lambda });
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.slice(0, 1));
        const before = await strategy.extractFeatures(dataset);
        await strategy.train(trainStream.slice(1));
        const after = await strategy.extractFeatures(dataset);
        drifts.push(Math.hypot(...after.data.map((f, i) => f - (before.data[i] ?? 0))));
      });
    }
    expect(drifts.toSorted((a, b) => b - a)).toEqual(drifts);
    expect(drifts[2]).toBeLessThan((drifts[0] ?? 0) / 2);
  });
});

function readHead({ cluster, parameters }: BaseStrategy): Float32Array {
  return viewEntry(parameters, findEntry(cluster.model.layout, "classifier/kernel")).slice();
}
