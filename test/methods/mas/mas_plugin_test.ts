import { describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { MAS, MASPlugin } from "../../../src/methods/mas/mas_plugin.ts";
import type { MASOptions } from "../../../src/methods/mas/options.ts";
import { computeSensitivity, SQUARED_OUTPUT } from "../../../src/methods/mas/sensitivity.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { createOutput, differentiateSlowly, measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 96 });

/** Mean over batches of `size` samples of |gradient of the mean of ‖z‖²|. */
async function measureSlowly(strategy: BaseStrategy, size: number): Promise<number[]> {
  const { dataset } = strategy.experience;
  const sum = Array.from(strategy.parameters, () => 0);
  const batches = Math.ceil(dataset.length / size);
  for (let start = 0; start < dataset.length; start += size) {
    const length = Math.min(size, dataset.length - start);
    const samples = dataset.subset(Array.from({ length }, (_, i) => start + i));
    const gradient = await strategy.gradientOn(samples, { criterion: SQUARED_OUTPUT });
    for (const [i, g] of gradient.entries()) sum[i] = (sum[i] ?? 0) + Math.abs(g) / batches;
  }
  return sum;
}

function createSlowMAS(options: MASOptions, checks: { steps: number; largest: number }) {
  const { lambda = 1, compatibility } = options;
  const alpha = options.alpha ?? (compatibility === "avalanche" ? 0.5 : undefined);
  let importances: number[] = [];
  let anchor: number[] = [];
  return createListener(["afterTrainingExp", "afterBackward"], async (callback, strategy) => {
    const parameters = Array.from(strategy.parameters);
    if (callback === "afterTrainingExp") {
      const fresh = await measureSlowly(strategy, compatibility === "avalanche" ? strategy.trainMbSize : 1);
      const [keep, take] = anchor.length === 0 ? [0, 1] : alpha === undefined ? [1, 1] : [alpha, 1 - alpha];
      importances = fresh.map((value, i) => keep * (importances[i] ?? 0) + take * value);
      anchor = parameters;
      return;
    }
    const away = parameters.map((theta, i) => theta - (anchor[i] ?? 0));
    const penalty = away.reduce((sum, d, i) => sum + lambda * (importances[i] ?? 0) * d * d, 0);
    const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
    expect(Math.abs(strategy.loss - loss - penalty)).toBeLessThan(1e-4);
    const plain = await strategy.gradientOn(strategy.mbatch);
    const wanted = Array.from(plain, (g, i) => g + 2 * lambda * (importances[i] ?? 0) * (away[i] ?? 0));
    expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-4);
    checks.steps += 1;
    checks.largest = Math.max(checks.largest, penalty);
  });
}

describe("MASPlugin", () => {
  for (const [name, options] of [
    ["importances added up", { lambda: 0.1 }],
    ["importances averaged", { lambda: 0.1, alpha: 0.8 }],
    ["Avalanche's mathematics", { compatibility: "avalanche", lambda: 0.2 }],
  ] as const) {
    test(`adds the penalty and the gradient of the slow version, with ${name}`, async () => {
      const checks = { steps: 0, largest: 0 };
      const plugins = [createSlowMAS(options, checks)];
      const strategy = new MAS({ ...makeOptions({ trainEpochs: 3, plugins }), ...options });
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.steps).toBe(4 * 3 * 2);
      expect(checks.largest).toBeGreaterThan(0.01);
      expect(strategy.cluster.penalties.count).toBe(1);
    });
  }

  test("leaves the step fused", async () => {
    const strategy = new MAS(makeOptions());
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("MASPlugin() refuses options out of range", () => {
    expect(() => new MASPlugin({ lambda: -1 })).toThrow("MASPlugin: lambda must be at least 0, got -1");
    expect(() => new MASPlugin({ alpha: 1.5 })).toThrow("MASPlugin: alpha must be from 0 to 1, got 1.5");
    expect(() => Reflect.construct(MASPlugin, [{ compatibility: "none" }])).toThrow(
      'MASPlugin: compatibility must be "paper" or "avalanche", got "none"',
    );
  });
});

describe("SQUARED_OUTPUT", () => {
  test("is the mean squared length of the outputs, with its central differences", async () => {
    const rows = [
      [1, -2, 0.5],
      [3, 0, 1],
    ];
    const slow = (z: readonly (readonly number[])[]) => z.flat().reduce((sum, value) => sum + value ** 2, 0) / z.length;
    const { loss, dOutput } = await SQUARED_OUTPUT.evaluate(createOutput(rows), new Int32Array(2));
    expect(loss).toBeCloseTo(slow(rows), 5);
    expect(measureDifference(dOutput, differentiateSlowly(slow, rows))).toBeLessThan(1e-5);
  });
});

describe("computeSensitivity()", () => {
  test("does not care for labels, but for which inputs vary the outputs", async () => {
    // A linear model: ∂‖z‖²/∂kernel = 2 x zᵀ.
    const model = mlp({ inputShape: [6], hiddenLayers: 0, numClasses: 4 });
    const listener = createListener(["afterTrainingExp"], async (_, strategy) => {
      const { dataset } = strategy.experience;
      const { data: z } = await strategy.forwardWith(strategy.parameters, dataset);
      const wanted = Array.from({ length: 28 }, (_, i) => {
        const c = i % 4;
        const terms = Array.from({ length: dataset.length }, (_, row) => {
          const x = i < 24 ? inputs[row * 6 + Math.floor(i / 4)] : 1;
          return Math.abs(2 * (x ?? 0) * (z[row * 4 + c] ?? 0));
        });
        return terms.reduce((sum, term) => sum + term, 0) / dataset.length;
      });
      expect(measureDifference(await computeSensitivity(strategy, dataset), wanted)).toBeLessThan(1e-4);
    });
    const inputs = readSamples(benchmark.trainStream.at(0).dataset).data;
    const strategy = new Naive(makeOptions({ model, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
  });
});
