import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { drawSamples } from "../../../src/memory/selection/draw_samples.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 2, samples: 64 });

describe("MER", () => {
  test("is Reptile within and across its inner batches, sample by sample", async () => {
    const streams = new RandomStreams(0);
    const shadow = new ReservoirSamplingBuffer({ maxSize: 12 });
    let theta: number[] = [];
    let steps = 0;
    const listener = createListener(["beforeUpdate", "afterUpdate"], async (callback, strategy) => {
      const { parameters, mbatch, clock } = strategy;
      if (callback === "afterUpdate") {
        expect(measureDifference(parameters, theta)).toBeLessThan(1e-5);
        steps += 1;
        return;
      }
      theta = [...parameters];
      const first = theta;
      const random = streams.get("mer");
      for (let batch = 0; batch < 3; batch++) {
        const before = theta;
        const samples = Dataset.concat([mbatch, drawSamples(shadow.buffer, 4, random)]);
        for (const position of random.permutation(samples.length)) {
          const at = { parameters: Float32Array.from(theta) };
          const gradient = await strategy.gradientOn(samples.subset([position]), at);
          theta = theta.map((value, i) => value - 0.1 * (gradient[i] ?? 0));
        }
        theta = theta.map((value, i) => (before[i] ?? 0) + 0.5 * (value - (before[i] ?? 0)));
      }
      theta = theta.map((value, i) => (first[i] ?? 0) + 0.3 * (value - (first[i] ?? 0)));
      if (clock.trainExpEpochs === 0) shadow.updateFromDataset(mbatch, streams.get("buffer"));
    });
    const own = { memSize: 12, batchSizeMem: 4, innerBatches: 3, beta: 0.5, gamma: 0.3 };
    const strategy = new MER({ ...makeOptions({ plugins: [listener], trainEpochs: 2 }), ...own });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(steps).toBe(8);
  });

  test("refuses options out of range", () => {
    const create = (own: object) => () => new MER({ ...makeOptions(), ...own });
    expect(create({ memSize: 0 })).toThrow("MER: memSize must be at least 1, got 0");
    expect(create({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(create({ innerBatches: 0 })).toThrow("innerBatches");
    expect(create({ beta: 2 })).toThrow("beta");
    expect(create({ gamma: -1 })).toThrow("gamma");
  });
});
