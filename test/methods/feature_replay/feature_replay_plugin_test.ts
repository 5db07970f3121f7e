import { describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { FeatureReplay, FeatureReplayPlugin } from "../../../src/methods/feature_replay/feature_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference, type Rows, slowCrossEntropy } from "../shared/slow_losses.ts";
import { applyHeadSlowly, applyMLPSlowly, listRows } from "../shared/slow_mlp.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/** Cross-entropy over some classes. */
function competeSlowly(rows: Rows, y: readonly number[], classes: readonly number[]): number {
  const kept = rows.map((row) => classes.map((c) => row[c] ?? 0));
  return slowCrossEntropy(0)(
    kept,
    y.map((c) => classes.indexOf(c)),
  );
}

/**
 * Compares loss and gradient with the formula of the class's comment. Comes after the plugin, which must remember and
 * replay everything.
 */
function createCheck(competing: "new" | "seen", checks: { steps: number }): StrategyPlugin {
  const stored: { features: number[]; y: number }[] = [];
  return createListener(["afterBackward", "afterTrainingExp"], (callback, strategy) => {
    const { parameters, mbatch, mbY, experience, clock, loss, gradient } = strategy;
    if (callback === "afterTrainingExp") {
      const { dataset } = experience;
      for (const [i, x] of listRows(readSamples(dataset).data).entries()) {
        stored.push({ features: applyMLPSlowly(parameters, x).features, y: dataset.targets[i] ?? -1 });
      }
      return;
    }
    const x = listRows(readSamples(mbatch).data);
    const y = [...mbY];
    const classes = [...(competing === "new" ? experience.classesInThisExperience : experience.classesSeenSoFar)];
    const features = x.map((row) => applyMLPSlowly(parameters, row).features);
    const w = 1 / (clock.trainExpCounter + 1);
    const measure = (moved: ArrayLike<number>) => {
      const own = competeSlowly(
        x.map((row) => applyMLPSlowly(moved, row).logits),
        y,
        classes,
      );
      if (stored.length === 0) return own;
      const replayed = slowCrossEntropy(0)(
        stored.map((row) => applyHeadSlowly(moved, row.features)),
        stored.map((row) => row.y),
      );
      const current = slowCrossEntropy(0)(
        features.map((row) => applyHeadSlowly(moved, row)),
        y,
      );
      return own / 2 + ((1 - w) * replayed + w * current) / 2;
    };
    expect(Math.abs(loss - measure(parameters))).toBeLessThan(1e-5);
    const slopes = Array.from(parameters, (_, i) => {
      const [up, down] = [1e-5, -1e-5].map((by) => measure(Array.from(parameters, (p, j) => (j === i ? p + by : p))));
      return ((up ?? 0) - (down ?? 0)) / 2e-5;
    });
    expect(measureDifference(gradient.slice(), slopes)).toBeLessThan(1e-4);
    checks.steps += 1;
  });
}

describe("FeatureReplayPlugin", () => {
  test("trains on the paper's loss with its gradient, on features as they were", async () => {
    for (const compatibility of ["paper", "avalanche"] as const) {
      const checks = { steps: 0 };
      const plugin = new FeatureReplayPlugin({ memSize: 500, batchSizeMem: 500, layerName: "fc0", compatibility });
      const check = createCheck(compatibility === "paper" ? "new" : "seen", checks);
      const strategy = new Naive(makeOptions({ plugins: [plugin, check] }));
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.steps).toBe(8);
      expect(strategy.plan.reasons).toContain("FeatureReplayPlugin replaces the criterion");
    }
  });

  test("forgets less than training without it", async () => {
    const measure = async (plugins: StrategyPlugin[]) => {
      const strategy = new Naive(makeOptions({ plugins, trainEpochs: 4 }));
      return withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream);
        const [first] = benchmark.testStream;
        if (!first) throw new Error("There is a first experience");
        const output = await strategy.forwardWith(strategy.parameters, first.dataset);
        const right = [...first.dataset.targets].filter((y, row) => {
          const logits = output.data.subarray(4 * row, 4 * row + 4);
          return logits.indexOf(Math.max(...logits)) === y;
        });
        return right.length / first.dataset.length;
      });
    };
    expect(await measure([])).toBe(0);
    expect(await measure([new FeatureReplayPlugin({ memSize: 40 })])).toBeGreaterThan(0.3);
  });

  test("FeatureReplayPlugin() refuses options out of range, FeatureReplay() layers that will not do", () => {
    expect(() => new FeatureReplayPlugin({ memSize: 0 })).toThrow(
      "FeatureReplayPlugin: memSize must be at least 1, got 0",
    );
    expect(() => new FeatureReplayPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(() => Reflect.construct(FeatureReplayPlugin, [{ compatibility: "x" }])).toThrow("compatibility");
    for (const [layerName, message] of [
      ["fc7", "fc7"],
      ["classifier", "before the last"],
    ] as const) {
      expect(() => new FeatureReplay({ ...makeOptions(), layerName })).toThrow(message);
    }
  });
});

describe("FeatureReplay", () => {
  test("is Naive with a FeatureReplayPlugin after the other plugins", async () => {
    const own = { memSize: 20, batchSizeMem: 5 };
    const made = await trainParameters(new FeatureReplay({ ...makeOptions(), ...own }), benchmark);
    const plugins = [new FeatureReplayPlugin(own)];
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins })), benchmark));
  });
});
