import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AGEM, AGEMPlugin, projectConflict } from "../../../src/methods/agem/agem_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });
const pair = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 1 });

describe("projectConflict()", () => {
  test("is the paper's equation 11, and leaves no conflict", () => {
    fc.assert(
      fc.property(pair, (values) => {
        const [g, r] = [values.map(([value]) => value), values.map(([, value]) => value)];
        const conflict = g.reduce((sum, value, i) => sum + value * (r[i] ?? 0), 0);
        const square = r.reduce((sum, value) => sum + value * value, 0);
        const wanted = conflict < 0 ? g.map((value, i) => value - (conflict / square) * (r[i] ?? 0)) : g;
        const projected = Float32Array.from(g);
        projectConflict(projected, Float32Array.from(r));
        expect(measureDifference(projected, wanted)).toBeLessThan(1e-5);
        expect(projected.reduce((sum, value, i) => sum + value * (r[i] ?? 0), 0)).toBeGreaterThan(
          -1e-4 * values.length,
        );
      }),
    );
    expect(() => projectConflict(new Float32Array(2), new Float32Array(3))).toThrow(RangeError);
  });
});

describe("AGEMPlugin", () => {
  test("leaves a gradient that does not raise the loss of the past, and drops to it only what does", async () => {
    // The memory holds everything and every step sees it whole, so that the test can compute it, too.
    const seen = [0, 1, 2, 3].map((index) => benchmark.trainStream.at(index).dataset);
    let before = new Float32Array(0);
    const conflicts: number[] = [];
    const first = createListener(["afterBackward"], (_, strategy) => {
      before = strategy.gradient.slice();
    });
    const last = createListener(["afterBackward"], async (_, strategy) => {
      const past = seen.slice(0, strategy.experience.currentExperience);
      if (past.length === 0) {
        expect(strategy.gradient.slice()).toEqual(before);
        return;
      }
      const reference = new Float32Array(before.length);
      for (const dataset of past) {
        for (const [i, g] of (await strategy.gradientOn(dataset)).entries()) {
          reference[i] = (reference[i] ?? 0) + g / past.length;
        }
      }
      conflicts.push(before.reduce((sum, g, i) => sum + g * (reference[i] ?? 0), 0));
      projectConflict(before, reference);
      expect(measureDifference(strategy.gradient, before)).toBeLessThan(1e-4);
    });
    const agem = new AGEMPlugin({ patternsPerExperience: 1000, sampleSize: 1000 });
    const strategy = new Naive(makeOptions({ plugins: [first, agem, last] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    // Both cases came up.
    expect(conflicts.some((conflict) => conflict < -1e-3)).toBe(true);
    expect(conflicts.length).toBe(6);
  });

  test("keeps the step fused, but lets the optimizer wait for the gradient", async () => {
    const strategy = new AGEM({ ...makeOptions(), patternsPerExperience: 10 });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(strategy.plan.fused).toBe(true);
    expect(strategy.plan.reasons).toEqual(["AGEMPlugin listens to afterBackward"]);
  });

  test("AGEMPlugin() refuses numbers out of range", () => {
    expect(() => new AGEMPlugin({ patternsPerExperience: 0 })).toThrow(
      "AGEMPlugin: patternsPerExperience must be at least 1, got 0",
    );
    expect(() => new AGEMPlugin({ patternsPerExperience: 1, sampleSize: 0.5 })).toThrow("sampleSize");
    expect(() => Reflect.construct(AGEM, [makeOptions()])).toThrow("patternsPerExperience");
  });
});

describe("AGEM", () => {
  test("is Naive with an AGEMPlugin after the other plugins", async () => {
    const own = { patternsPerExperience: 10, sampleSize: 5 };
    const made = await trainParameters(new AGEM({ ...makeOptions(), ...own }), benchmark);
    const wanted = await trainParameters(new Naive(makeOptions({ plugins: [new AGEMPlugin(own)] })), benchmark);
    expect(made).toEqual(wanted);
    expect(made).not.toEqual(await trainParameters(new Naive(makeOptions()), benchmark));
  });
});
