import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import {
  computeFisher,
  computeMinibatchFisher,
  createSampledCriterion,
  drawLabels,
} from "../../../src/methods/ewc/fisher.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 160 });

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
