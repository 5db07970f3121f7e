import { describe, expect, test } from "bun:test";
import type { Dataset } from "../../../src/data/dataset.ts";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { MIR, MIRPlugin, selectLargest } from "../../../src/methods/mir/mir_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/** Cross-entropy of every sample by itself. */
async function listLosses(strategy: BaseStrategy, parameters: Float32Array, samples: Dataset): Promise<number[]> {
  const { data } = await strategy.forwardWith(parameters, samples);
  return Array.from(samples.targets, (y, i) => slowCrossEntropy(0)([Array.from(data.slice(4 * i, 4 * i + 4))], [y]));
}

describe("MIRPlugin", () => {
  test("adds the gradient of those samples whose loss the step would raise most", async () => {
    // Every step compares the whole memory, so that the test can, too.
    const plugin = new MIRPlugin({ memSize: 30, subsample: 30, batchSizeMem: 4 });
    let before = new Float32Array(0);
    let loss = 0;
    let compared = 0;
    const first = createListener(["afterBackward"], (_, strategy) => {
      before = strategy.gradient.slice();
      loss = strategy.loss;
    });
    const last = createListener(["afterBackward"], async (_, strategy) => {
      const { buffer } = plugin.storagePolicy;
      if (buffer.length === 0) {
        expect(strategy.gradient.slice()).toEqual(before);
        return;
      }
      const { parameters } = strategy;
      const virtual = parameters.map((theta, i) => theta - 0.1 * (before[i] ?? 0));
      const [now, then] = [await listLosses(strategy, parameters, buffer), await listLosses(strategy, virtual, buffer)];
      const rise = then.map((value, i) => value - (now[i] ?? 0));
      const chosen = [...rise.keys()].sort((a, b) => (rise[b] ?? 0) - (rise[a] ?? 0)).slice(0, 4);
      const added = await strategy.lossAndGradientOn(buffer.subset(chosen));
      const wanted = before.map((g, i) => g + (added.gradient[i] ?? 0));
      expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-5);
      expect(Math.abs(strategy.loss - loss - added.loss)).toBeLessThan(1e-5);
      compared += 1;
    });
    const strategy = new Naive(makeOptions({ plugins: [first, plugin, last] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(compared).toBe(6);
    expect(strategy.plan.fused).toBe(true);
    expect(plugin.storagePolicy).toBeInstanceOf(ReservoirSamplingBuffer);
  });

  test("with compatibility avalanche keeps classes in equal parts, and never replays the minibatch's own", async () => {
    const plugin = new MIRPlugin({ memSize: 12, subsample: 50, batchSizeMem: 50, compatibility: "avalanche" });
    const first = benchmark.trainStream.at(0);
    const sizes: number[] = [];
    const listener = createListener(["afterBackward"], (_, { gradient }) => void sizes.push(Math.hypot(...gradient)));
    const plain: number[] = [];
    const before = createListener(["afterBackward"], (_, { gradient }) => void plain.push(Math.hypot(...gradient)));
    const strategy = new Naive(makeOptions({ plugins: [before, plugin, listener] }));
    await withStrategy(strategy, async () => {
      // The same classes again: there is nothing else to replay.
      for (let i = 0; i < 2; i++) await strategy.train(first);
      expect(sizes).toEqual(plain);
      await strategy.train(benchmark.trainStream.at(1));
      expect(sizes.slice(-1)).not.toEqual(plain.slice(-1));
    });
    expect(plugin.storagePolicy).toBeInstanceOf(ClassBalancedBuffer);
  });

  test("MIRPlugin() refuses numbers out of range, and a storage policy of another size", () => {
    expect(() => new MIRPlugin({ memSize: 0 })).toThrow("MIRPlugin: memSize must be at least 1, got 0");
    expect(() => new MIRPlugin({ subsample: 0 })).toThrow("subsample");
    expect(() => new MIRPlugin({ batchSizeMem: -1 })).toThrow("batchSizeMem");
    const storagePolicy = new ReservoirSamplingBuffer({ maxSize: 10 });
    expect(() => new MIRPlugin({ memSize: 11, storagePolicy })).toThrow(
      "MIRPlugin: storagePolicy.maxSize must be 11, as memSize, got 10",
    );
    expect(() => Reflect.construct(MIRPlugin, [{ compatibility: "avalance" }])).toThrow(
      'MIRPlugin: compatibility must be "paper" or "avalanche", got "avalance"',
    );
  });
});

describe("selectLargest()", () => {
  test("gives the positions of the largest values, largest first", () => {
    expect([...selectLargest(Float64Array.from([1, 5, -2, 5, 3]), 3)]).toEqual([1, 3, 4]);
    expect([...selectLargest(Float64Array.from([1, 2]), 5)]).toEqual([1, 0]);
  });
});

describe("MIR", () => {
  test("is Naive with an MIRPlugin after the other plugins", async () => {
    const own = { memSize: 20, subsample: 10, batchSizeMem: 5 };
    const made = await trainParameters(new MIR({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new MIRPlugin(own)] })), benchmark));
  });
});
