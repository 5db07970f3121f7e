import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { drawSamples } from "../../../src/memory/selection/draw_samples.ts";
import { cutInto, LaMAML } from "../../../src/methods/la_maml/la_maml.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 2, samples: 64 });

/** The vector, no longer than `limit`. */
function clip(vector: readonly number[], limit: number): number[] {
  const norm = Math.hypot(...vector);
  return vector.map((value) => (norm > limit ? (value * limit) / norm : value));
}

describe("cutInto()", () => {
  test("gives parts in order that differ by one at most, and no empty ones", () => {
    const samples = makeDataset(new Int32Array(7));
    const parts = cutInto(samples, 3);
    expect(parts.map(({ length }) => length)).toEqual([2, 2, 3]);
    expect(parts.flatMap(listSamples)).toEqual(listSamples(samples));
    expect(cutInto(samples, 20).length).toBe(7);
  });
});

describe("LaMAML", () => {
  for (const alphaLearningRate of [0.25, 0]) {
    test(`is the paper's algorithm to first order, with a rate of ${alphaLearningRate} for the rates`, async () => {
      const streams = new RandomStreams(0);
      const shadow = new ReservoirSamplingBuffer({ maxSize: 12 });
      let theta: number[] = [];
      let alpha: number[] = [];
      let steps = 0;
      const listener = createListener(["beforeUpdate", "afterUpdate"], async (callback, strategy) => {
        const { parameters, mbatch } = strategy;
        if (callback === "afterUpdate") {
          expect(measureDifference(parameters, theta)).toBeLessThan(1e-4);
          expect(measureDifference(maml.learningRates, alpha)).toBeLessThan(1e-4);
          steps += 1;
          return;
        }
        theta = [...parameters];
        if (alpha.length === 0) alpha = theta.map(() => 0.05);
        const whole = Dataset.concat([mbatch, drawSamples(shadow.buffer, 4, streams.get("la-maml"))]);
        let inner = theta;
        const inners: number[][] = [];
        let forTheta = theta.map(() => 0);
        let forAlpha = theta.map(() => 0);
        for (const part of cutInto(mbatch, 4)) {
          inners.push([...(await strategy.gradientOn(part, { parameters: Float32Array.from(inner) }))]);
          inner = inner.map((value, i) => value - (alpha[i] ?? 0) * (inners.at(-1)?.[i] ?? 0));
          const meta = [...(await strategy.gradientOn(whole, { parameters: Float32Array.from(inner) }))];
          forTheta = forTheta.map((sum, i) => sum + (meta[i] ?? 0) / 4);
          forAlpha = forAlpha.map((sum, i) => {
            const walked = inners.reduce((total, gradient) => total + (gradient[i] ?? 0), 0);
            return sum - ((meta[i] ?? 0) * walked) / 4;
          });
        }
        const [clipped, rates] = [clip(forTheta, 0.5), clip(forAlpha, 0.5)];
        alpha = alpha.map((value, i) => value - alphaLearningRate * (rates[i] ?? 0));
        theta = theta.map((value, i) => value - Math.max(0, alpha[i] ?? 0) * (clipped[i] ?? 0));
        shadow.updateFromDataset(mbatch, streams.get("buffer"));
      });
      const own = {
        memSize: 12,
        batchSizeMem: 4,
        innerUpdates: 4,
        alphaInit: 0.05,
        alphaLearningRate,
        gradClipNorm: 0.5,
      };
      const maml = new LaMAML({ ...makeOptions({ plugins: [listener] }), ...own });
      await withStrategy(maml, () => maml.train(benchmark.trainStream));
      expect(steps).toBe(4);
    });
  }

  test("refuses options out of range", () => {
    const create = (own: object) => () => new LaMAML({ ...makeOptions(), ...own });
    expect(create({ memSize: 0 })).toThrow("LaMAML: memSize must be at least 1, got 0");
    expect(create({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(create({ innerUpdates: 0 })).toThrow("innerUpdates");
    expect(create({ alphaInit: -1 })).toThrow("alphaInit");
    expect(create({ alphaLearningRate: -1 })).toThrow("alphaLearningRate");
    expect(create({ gradClipNorm: 0 })).toThrow("gradClipNorm");
  });
});
