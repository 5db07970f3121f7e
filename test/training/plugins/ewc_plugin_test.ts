import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/base_strategy.ts";
import { CrossEntropyLoss } from "../../../src/training/cross_entropy_loss.ts";
import {
  computeFisher,
  computeMinibatchFisher,
  createSampledCriterion,
  drawLabels,
} from "../../../src/training/fisher.ts";
import { type EWCOptions, EWCPlugin } from "../../../src/training/plugins/ewc_plugin.ts";
import { EWC } from "../../../src/training/strategies/ewc.ts";
import { Naive } from "../../../src/training/strategies/naive.ts";
import { createListener } from "../callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, trainParameters, withStrategy } from "../made_strategy.ts";
import { measureDifference } from "../slow_losses.ts";

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
    expect(() => new EWCPlugin({ lambda: -1 })).toThrow("Cannot create EWCPlugin: wanted lambda");
    expect(() => new EWCPlugin({ lambda: Number.NaN })).toThrow(RangeError);
    expect(() => new EWCPlugin({ lambda: 1, mode: "online" })).toThrow('decayFactor with mode "online" and only then');
    expect(() => new EWCPlugin({ lambda: 1, decayFactor: 0.5 })).toThrow('decayFactor with mode "online"');
    expect(() => new EWCPlugin({ lambda: 1, mode: "online", decayFactor: 2 })).toThrow("decayFactor to be a number");
    expect(() => new EWCPlugin({ lambda: 1, importanceSamples: 0 })).toThrow("importanceSamples");
    const crossed = { lambda: 1, fisher: "per-example", importanceBatchSize: 2 } as const;
    expect(() => new EWCPlugin(crossed)).toThrow('importanceBatchSize with fisher "minibatch" only');
    const sampled = { lambda: 1, fisher: "minibatch", trueFisher: true } as const;
    expect(() => new EWCPlugin(sampled)).toThrow('trueFisher with fisher "per-example" only');
    const misnamed = { lambda: 1, fisher: "per-sample" };
    expect(() => Reflect.construct(EWCPlugin, [misnamed])).toThrow(
      'unknown fisher "per-sample": did you mean per-example?',
    );
    expect(() => new EWCPlugin({ lambda: 1, importanceBatchSize: 0 })).toThrow("importanceBatchSize");
    const unknown = { lambda: 1, mode: "on-line" };
    expect(() => Reflect.construct(EWCPlugin, [unknown])).toThrow('unknown mode "on-line": did you mean online?');
    expect(() => Reflect.construct(EWC, [makeOptions()])).toThrow("wanted lambda to be a number");
  });
});

/** Gradients of a linear softmax classifier by hand: kernel [6, 4], then bias [4], of the mean loss over `samples`. */
function differentiateLinear(parameters: Float32Array, samples: Dataset): number[] {
  const x = readSamples(samples).data;
  const gradient = Array.from(parameters, () => 0);
  for (const [row, label] of samples.targets.entries()) {
    const input = x.subarray(6 * row, 6 * row + 6);
    const logits = [0, 1, 2, 3].map((c) =>
      input.reduce((sum, value, i) => sum + value * (parameters[4 * i + c] ?? 0), parameters[24 + c] ?? 0),
    );
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    for (const [c, z] of logits.entries()) {
      const error = (Math.exp(z) / total - (c === label ? 1 : 0)) / samples.length;
      for (const [i, value] of input.entries()) gradient[4 * i + c] = (gradient[4 * i + c] ?? 0) + error * value;
      gradient[24 + c] = (gradient[24 + c] ?? 0) + error;
    }
  }
  return gradient;
}

/** A linear classifier after some training, when an experience is over. */
async function withTrainedClassifier(use: (strategy: BaseStrategy) => Promise<void>): Promise<void> {
  const model = mlp({ inputShape: [6], hiddenLayers: 0, numClasses: 4 });
  const strategy = new Naive(makeOptions({ model, plugins: [createListener(["afterTrainingExp"], (_, s) => use(s))] }));
  await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
}

/** The mean over batches of squared gradients worked out by hand. */
function measureByHand({ parameters, experience: { dataset } }: BaseStrategy, batchSize: number): number[] {
  const wanted = Array.from(parameters, () => 0);
  const batches = Math.ceil(dataset.length / batchSize);
  for (let start = 0; start < dataset.length; start += batchSize) {
    const length = Math.min(batchSize, dataset.length - start);
    const samples = dataset.subset(Array.from({ length }, (_, i) => start + i));
    for (const [i, g] of differentiateLinear(parameters, samples).entries()) {
      wanted[i] = (wanted[i] ?? 0) + g ** 2 / batches;
    }
  }
  expect(Math.max(...wanted)).toBeGreaterThan(1e-3);
  return wanted;
}

describe("computeFisher()", () => {
  test("is the mean over samples of squared gradients worked out by hand", () =>
    withTrainedClassifier(async (strategy) => {
      const fisher = await computeFisher(strategy, strategy.experience.dataset);
      expect(measureDifference(fisher, measureByHand(strategy, 1))).toBeLessThan(1e-5);
    }));

  test("comes to the expectation over the model's predictions, when labels are drawn from them", () =>
    withTrainedClassifier(async (strategy) => {
      const dataset = takeFirst(strategy.experience.dataset, 4);
      const { parameters } = strategy;
      const wanted = Array.from(parameters, () => 0);
      for (let row = 0; row < 4; row++) {
        const sample = dataset.subset([row]);
        const { data } = await strategy.forwardWith(parameters, sample);
        const total = data.reduce((sum, z) => sum + Math.exp(z), 0);
        for (let label = 0; label < 4; label++) {
          const criterion = {
            evaluate: (output: HostTensor) => new CrossEntropyLoss().evaluate(output, Int32Array.of(label)),
          };
          const gradient = await strategy.gradientOn(sample, { criterion });
          for (const [i, g] of gradient.entries()) {
            wanted[i] = (wanted[i] ?? 0) + ((Math.exp(data[label] ?? 0) / total) * g ** 2) / 4;
          }
        }
      }
      const criterion = createSampledCriterion(new RandomStream(1, "labels"));
      const repeated = Dataset.concat(Array.from({ length: 2000 }, () => dataset));
      const fisher = await computeFisher(strategy, repeated, criterion);
      const scale = Math.max(...wanted);
      expect(measureDifference(fisher, wanted)).toBeLessThan(0.1 * scale);
      const empirical = await computeFisher(strategy, dataset);
      expect(measureDifference(empirical, wanted)).toBeGreaterThan(0.2 * scale);
    }));
});

describe("drawLabels()", () => {
  test("draws every class as often as softmax says, and never one that is impossible", () => {
    const logits = [0, Math.log(3), -1000, Math.log(6)];
    const rows = 6000;
    const data = Float32Array.from({ length: 4 * rows }, (_, i) => logits[i % 4] ?? 0);
    const counts = [0, 0, 0, 0];
    for (const label of drawLabels({ data, shape: [rows, 4] }, new RandomStream(3, "labels"))) {
      counts[label] = (counts[label] ?? 0) + 1;
    }
    expect(
      measureDifference(
        counts.map((count) => count / rows),
        [0.1, 0.3, 0, 0.6],
      ),
    ).toBeLessThan(0.02);
    expect(counts[2]).toBe(0);
  });
});

describe("computeMinibatchFisher()", () => {
  for (const batchSize of [1, 7, 40, 100]) {
    test(`is the mean of squared gradients worked out by hand, ${batchSize} samples at a time`, () =>
      withTrainedClassifier(async (strategy) => {
        const fisher = await computeMinibatchFisher(strategy, strategy.experience.dataset, batchSize);
        expect(measureDifference(fisher, measureByHand(strategy, batchSize))).toBeLessThan(1e-5);
      }));
  }

  test("drops no units, changes no parameter and draws no number, nor does computeFisher()", async () => {
    const results: Float32Array[] = [];
    const listener = createListener(["afterTrainingExp"], async (_, strategy) => {
      const [before, draws] = [strategy.parameters.slice(), strategy.randomStreams.save()];
      const { dataset } = strategy.experience;
      for (let i = 0; i < 2; i++) results.push(await computeMinibatchFisher(strategy, dataset, 5));
      for (let i = 0; i < 2; i++) results.push(await computeFisher(strategy, dataset));
      expect(strategy.parameters.slice()).toEqual(before);
      expect(strategy.randomStreams.save()).toEqual(draws);
    });
    const strategy = new Naive(makeOptions({ dropout: 0.5, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
    expect(results[1]).toEqual(results[0] ?? new Float32Array());
    expect(results[3]).toEqual(results[2] ?? new Float32Array());
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
