import { describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { RARPlugin } from "../../../src/methods/rar/rar_plugin.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";
import { applyMLPSlowly, listRows } from "../shared/slow_mlp.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/** Notes what a strategy's side gradients are taken of. */
class WatchedStrategy extends BaseStrategy {
  readonly asked: { readonly x: number[][]; readonly y: readonly number[] }[] = [];

  override lossAndGradientOn(
    ...call: Parameters<BaseStrategy["lossAndGradientOn"]>
  ): ReturnType<BaseStrategy["lossAndGradientOn"]> {
    this.asked.push({ x: listRows(readSamples(call[0]).data), y: [...call[0].targets] });
    return super.lossAndGradientOn(...call);
  }
}

/** One step of the attack, slowly: sign of the central differences of the loss towards the target. */
function attackSlowly(ahead: Float32Array, row: readonly number[], target: number, stepSize: number): number[] {
  const loss = (x: readonly number[]) => slowCrossEntropy(0)([applyMLPSlowly(ahead, x).logits], [target]);
  return row.map((value, i) => {
    const slope = loss(row.with(i, value + 1e-4)) - loss(row.with(i, value - 1e-4));
    return value - stepSize * Math.sign(slope);
  });
}

describe("RARPlugin", () => {
  test("moves remembered samples towards the nearest new class, on the model one step ahead", async () => {
    const epsilon = 0.125;
    const plugin = new RARPlugin({ memSize: 30, batchSizeMem: 6, epsilon, iterations: 1, virtualLearningRate: 0.2 });
    const seen = { rows: 0, moved: 0 };
    const gradients: Float32Array[] = [];
    const before = createListener(["afterBackward"], (_, strategy) => void gradients.push(strategy.gradient.slice()));
    const after = createListener(["afterBackward"], (_, strategy) => {
      if (!(strategy instanceof WatchedStrategy)) throw new Error("It is the one that was made");
      const [remembered, perturbed] = strategy.asked.splice(0);
      if (!remembered || !perturbed) return;
      const gradient = gradients.at(-1) ?? new Float32Array(0);
      const ahead = strategy.parameters.map((value, i) => value - 0.2 * (gradient[i] ?? 0));
      const news = listRows(strategy.mbX.data).map((row) => applyMLPSlowly(ahead, row).features);
      const values = [...remembered.x.flat(), ...strategy.mbX.data];
      const [least, largest] = [Math.min(...values), Math.max(...values)];
      expect(perturbed.y).toEqual(remembered.y);
      for (const [i, row] of remembered.x.entries()) {
        const { features } = applyMLPSlowly(ahead, row);
        const distances = news.map((other) => Math.hypot(...other.map((value, k) => value - (features[k] ?? 0))));
        const others = [...strategy.mbY.keys()].filter((j) => strategy.mbY[j] !== remembered.y[i]);
        const nearest = others.toSorted((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))[0] ?? -1;
        const target = strategy.mbY[nearest] ?? -1;
        const wanted = attackSlowly(ahead, row, target, epsilon).map((x) => Math.min(largest, Math.max(least, x)));
        seen.rows += 1;
        // A slope of nearly 0 has no sure sign.
        if (measureDifference(perturbed.x[i] ?? [], wanted) < 1e-5) seen.moved += 1;
      }
    });
    const strategy = new WatchedStrategy(makeOptions({ plugins: [before, plugin, after] }));
    await withStrategy(strategy, () => strategy.train(makeBenchmark({ experiences: 2, samples: 128 }).trainStream));
    expect(seen.rows).toBe(24);
    expect(seen.moved).toBeGreaterThanOrEqual(22);
  });

  test("adds (1 − β) of the remembered and β of the perturbed samples' loss to the step", async () => {
    for (const beta of [0, 0.4, 1]) {
      let compared = 0;
      const losses: number[] = [];
      const before = createListener(["afterBackward"], (_, strategy) => void losses.push(strategy.loss));
      const after = createListener(["afterBackward"], async (_, strategy) => {
        if (!(strategy instanceof WatchedStrategy)) throw new Error("It is the one that was made");
        const asked = strategy.asked.splice(0);
        if (strategy.clock.trainExpCounter === 0) {
          expect(asked.length).toBe(0);
          return;
        }
        const weights = [1 - beta, beta].filter((weight) => weight > 0);
        expect(asked.length).toBe(weights.length);
        let wanted = losses.at(-1) ?? 0;
        for (const [i, { x, y }] of asked.entries()) {
          const logits = x.map((row) => applyMLPSlowly(strategy.parameters, row).logits);
          wanted += (weights[i] ?? 0) * slowCrossEntropy(0)(logits, y);
        }
        expect(Math.abs(strategy.loss - wanted)).toBeLessThan(1e-5);
        compared += 1;
      });
      const plugins = [before, new RARPlugin({ memSize: 20, batchSizeMem: 5, beta }), after];
      const strategy = new WatchedStrategy(makeOptions({ plugins }));
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(compared).toBe(6);
    }
  });

  test("moves values by epsilon at most, whatever the iterations, and takes samples in when an experience is over", async () => {
    const plugin = new RARPlugin({ memSize: 200, batchSizeMem: 8, epsilon: 0.1, iterations: 5 });
    let largest = 0;
    const after = createListener(["afterBackward", "afterTrainingExp"], (callback, strategy) => {
      if (!(strategy instanceof WatchedStrategy)) throw new Error("It is the one that was made");
      if (callback === "afterTrainingExp") {
        expect(plugin.storagePolicy.buffer.length).toBe(32 * (strategy.clock.trainExpCounter + 1));
        return;
      }
      const [remembered, perturbed] = strategy.asked.splice(0);
      if (!remembered || !perturbed) return;
      largest = Math.max(largest, measureDifference(perturbed.x.flat(), remembered.x.flat()));
    });
    const strategy = new WatchedStrategy(makeOptions({ plugins: [plugin, after] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(largest).toBeGreaterThan(0.09);
    expect(largest).toBeLessThan(0.1 + 1e-6);
    expect(new Set(listSamples(plugin.storagePolicy.buffer)).size).toBe(128);
  });

  test("RARPlugin() refuses options out of range", () => {
    expect(() => new RARPlugin({ memSize: 0 })).toThrow("RARPlugin: memSize must be at least 1, got 0");
    expect(() => new RARPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(() => new RARPlugin({ beta: 1.5 })).toThrow("beta");
    expect(() => new RARPlugin({ epsilon: -1 })).toThrow("epsilon");
    expect(() => new RARPlugin({ iterations: 0 })).toThrow("iterations");
    expect(() => new RARPlugin({ decay: -1 })).toThrow("decay");
    expect(() => new RARPlugin({ virtualLearningRate: Number.NaN })).toThrow("virtualLearningRate");
    const storagePolicy = new ReservoirSamplingBuffer({ maxSize: 7 });
    expect(() => new RARPlugin({ memSize: 8, storagePolicy })).toThrow(
      "storagePolicy.maxSize must be 8, as memSize, got 7",
    );
  });
});
