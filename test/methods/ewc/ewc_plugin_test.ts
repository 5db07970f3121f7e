import { describe, expect, test } from "bun:test";
import { EWC, EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import type { EWCOptions } from "../../../src/methods/ewc/options.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 160 });

/** F and θ* of a past experience. */
interface Anchor {
  readonly importances: readonly number[];
  readonly parameters: Float32Array;
}

/** Mean over the minibatches, in order, of the squared gradient of each one's mean loss. */
async function computeSlowly(strategy: BaseStrategy, batchSize: number): Promise<number[]> {
  const { dataset } = strategy.experience;
  const sum = Array.from(strategy.parameters, () => 0);
  let batches = 0;
  for (let start = 0; start < dataset.length; start += batchSize, batches++) {
    const length = Math.min(batchSize, dataset.length - start);
    const gradient = await strategy.gradientOn(dataset.subset(Array.from({ length }, (_, i) => start + i)));
    for (const [i, g] of gradient.entries()) sum[i] = (sum[i] ?? 0) + g * g;
  }
  return sum.map((value) => value / batches);
}

/** Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² and its gradient, anchor by anchor. */
function penalizeSlowly(anchors: readonly Anchor[], parameters: Float32Array): { value: number; gradient: number[] } {
  const gradient = Array.from(parameters, () => 0);
  let value = 0;
  for (const anchor of anchors) {
    for (const [i, theta] of parameters.entries()) {
      const distance = theta - (anchor.parameters[i] ?? 0);
      const importance = anchor.importances[i] ?? 0;
      value += importance * distance ** 2;
      gradient[i] = (gradient[i] ?? 0) + 2 * importance * distance;
    }
  }
  return { value, gradient };
}

/** Keeps the anchors of all experiences, and compares every step's loss and gradient with them. */
function createSlowEWC(options: EWCOptions, checks: { steps: number; largest: number }) {
  let anchors: Anchor[] = [];
  return createListener(["afterTrainingExp", "afterBackward"], async (callback, strategy) => {
    const parameters = strategy.parameters.slice();
    if (callback === "afterTrainingExp") {
      const size = options.compatibility === "avalanche" ? strategy.trainMbSize : 1;
      const importances = await computeSlowly(strategy, options.importanceBatchSize ?? size);
      if (options.mode !== "online") anchors = [...anchors, { importances, parameters }];
      else {
        const old = anchors[0]?.importances ?? [];
        const moved = importances.map((value, i) => (options.decayFactor ?? 0) * (old[i] ?? 0) + value);
        anchors = [{ importances: moved, parameters }];
      }
      return;
    }
    const { value, gradient } = penalizeSlowly(anchors, parameters);
    const weight = options.compatibility === "avalanche" ? options.lambda : options.lambda / 2;
    const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
    expect(Math.abs(strategy.loss - loss - weight * value)).toBeLessThan(2e-5);
    const plain = await strategy.gradientOn(strategy.mbatch);
    const wanted = Array.from(plain, (g, i) => g + weight * (gradient[i] ?? 0));
    expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-5);
    checks.steps += 1;
    checks.largest = Math.max(checks.largest, weight * value);
  });
}

describe("EWCPlugin", () => {
  for (const [name, options] of [
    ["separate anchors", { lambda: 4 }],
    ["separate anchors, as in Avalanche", { lambda: 4, compatibility: "avalanche" }],
    [
      "separate anchors, as in Avalanche but sample by sample",
      { lambda: 4, compatibility: "avalanche", importanceBatchSize: 1 },
    ],
    ["one anchor that moves", { lambda: 4, mode: "online", decayFactor: 0.5 }],
    ["one anchor without memory", { lambda: 40, mode: "online", decayFactor: 0, importanceBatchSize: 7 }],
  ] as const) {
    test(`adds the penalty and the gradient of the slow version that keeps every F and θ*, with ${name}`, async () => {
      const checks = { steps: 0, largest: 0 };
      const slow = createSlowEWC(options, checks);
      const strategy = new EWC({ ...makeOptions({ trainEpochs: 3, plugins: [slow] }), ...options });
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.steps).toBe(4 * 3 * 3);
      // Something was compared with: penalties that weigh as much as losses.
      expect(checks.largest).toBeGreaterThan(0.01);
      expect(strategy.cluster.penalties.count).toBe(1);
    });
  }

  test("does not change how the first experience is trained, and holds parameters later", async () => {
    const first = { ...benchmark, trainStream: benchmark.trainStream.slice(0, 1) };
    const anchor = await trainParameters(new Naive(makeOptions({ trainEpochs: 5 })), first);
    const options = () => makeOptions({ trainEpochs: 5 });
    expect(await trainParameters(new EWC({ ...options(), lambda: 100 }), first)).toEqual(anchor);
    const distances: number[] = [];
    for (const lambda of [0, 1, 10]) {
      const parameters = await trainParameters(new EWC({ ...options(), lambda }), benchmark);
      distances.push(Math.hypot(...parameters.map((theta, i) => theta - (anchor[i] ?? 0))));
    }
    const naive = await trainParameters(new Naive(options()), benchmark);
    expect(await trainParameters(new EWC({ ...options(), lambda: 0 }), benchmark)).toEqual(naive);
    expect(distances.toSorted((a, b) => b - a)).toEqual(distances);
  });

  test("looks at as many samples as it is told to, drawn from a stream of its own", async () => {
    const options = { lambda: 4, importanceSamples: 3 };
    const seen: number[] = [];
    class WatchedEWC extends EWC {
      override rowGradientsOn(...given: Parameters<EWC["rowGradientsOn"]>): Promise<Float32Array> {
        seen.push(given[0].length);
        return super.rowGradientsOn(...given);
      }
    }
    const strategy = new WatchedEWC({ ...makeOptions(), ...options });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(seen).toEqual([3, 3, 3, 3]);
    expect(Object.keys(strategy.randomStreams.save()).sort()).toEqual(["ewc", "shuffle"]);
  });

  test("leaves the step fused: importances cost nothing between experiences' ends", async () => {
    const strategy = new EWC({ ...makeOptions(), lambda: 1 });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("EWCPlugin() refuses options out of range, and a decay factor that is missing or in vain", () => {
    expect(() => new EWCPlugin({ lambda: -1 })).toThrow("EWCPlugin: lambda must be at least 0, got -1");
    expect(() => new EWCPlugin({ lambda: Number.NaN })).toThrow(RangeError);
    expect(() => new EWCPlugin({ lambda: 1, mode: "online" })).toThrow('EWCPlugin: mode "online" requires decayFactor');
    expect(() => new EWCPlugin({ lambda: 1, decayFactor: 0.5 })).toThrow(
      'EWCPlugin: decayFactor requires mode "online"',
    );
    expect(() => new EWCPlugin({ lambda: 1, mode: "online", decayFactor: 2 })).toThrow(
      "EWCPlugin: decayFactor must be from 0 to 1, got 2",
    );
    expect(() => new EWCPlugin({ lambda: 1, importanceSamples: 0 })).toThrow("importanceSamples");
    const crossed = { lambda: 1, fisher: "per-example", importanceBatchSize: 2 } as const;
    expect(() => new EWCPlugin(crossed)).toThrow('EWCPlugin: importanceBatchSize above 1 requires fisher "minibatch"');
    const sampled = { lambda: 1, fisher: "minibatch", trueFisher: true } as const;
    expect(() => new EWCPlugin(sampled)).toThrow('EWCPlugin: trueFisher requires fisher "per-example"');
    const misnamed = { lambda: 1, fisher: "per-sample" };
    expect(() => Reflect.construct(EWCPlugin, [misnamed])).toThrow(
      'EWCPlugin: fisher must be "per-example" or "minibatch", got "per-sample"',
    );
    expect(() => new EWCPlugin({ lambda: 1, importanceBatchSize: 0 })).toThrow("importanceBatchSize");
    const unknown = { lambda: 1, mode: "on-line" };
    expect(() => Reflect.construct(EWCPlugin, [unknown])).toThrow(
      'EWCPlugin: mode must be "separate" or "online", got "on-line"',
    );
    expect(() => Reflect.construct(EWC, [makeOptions()])).toThrow("EWC: lambda is required");
  });
});

describe("EWC", () => {
  test("is Naive with an EWCPlugin after the other plugins", async () => {
    const other = createListener([], () => {}, "other");
    const strategies = [
      new EWC({ ...makeOptions({ plugins: [other] }), lambda: 3, mode: "online", decayFactor: 0.9 }),
      new Naive(makeOptions({ plugins: [other, new EWCPlugin({ lambda: 3, mode: "online", decayFactor: 0.9 })] })),
    ];
    for (const strategy of strategies) {
      expect(strategy.plugins.slice(0, 2).map(({ name }) => name)).toEqual(["other", "EWCPlugin"]);
    }
    const [made = [], wanted = []] = [
      await trainParameters(strategies[0] ?? new Naive(makeOptions())),
      await trainParameters(strategies[1] ?? new Naive(makeOptions())),
    ];
    expect(measureDifference(made, wanted)).toBe(0);
  });
});
