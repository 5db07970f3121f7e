import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  clipNorm,
  clipValues,
  GradientClippingPlugin,
} from "../../../src/methods/gradient_clipping/gradient_clipping_plugin.ts";
import type { GradientClippingOptions } from "../../../src/methods/gradient_clipping/options.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const gradients = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 });
const limits = fc.double({ min: 0.01, max: 20, noNaN: true });

describe("clipNorm()", () => {
  test("keeps the direction and makes the length what it may be, or leaves short ones alone", () => {
    fc.assert(
      fc.property(gradients, limits, (values, maxNorm) => {
        const gradient = Float32Array.from(values);
        const norm = Math.hypot(...gradient);
        const scale = norm > maxNorm ? maxNorm / norm : 1;
        const wanted = Array.from(gradient, (g) => g * scale);
        clipNorm(gradient, maxNorm);
        expect(measureDifference(gradient, wanted)).toBeLessThan(1e-5);
      }),
    );
  });
});

describe("clipValues()", () => {
  test("cuts off what is too large, and nothing else", () => {
    fc.assert(
      fc.property(gradients, limits, (values, maxValue) => {
        const gradient = Float32Array.from(values);
        const wanted = Array.from(gradient, (g) => (Math.abs(g) > maxValue ? Math.sign(g) * maxValue : g));
        clipValues(gradient, maxValue);
        expect(measureDifference(gradient, wanted)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe("GradientClippingPlugin", () => {
  test("limits what the optimizer follows, after all that plugins did to the gradient", async () => {
    const { trainStream } = makeBenchmark();
    for (const [options, measure] of [
      [{ maxNorm: 0.05 }, (moves: number[]) => Math.hypot(...moves)],
      [{ maxValue: 0.05 }, (moves: number[]) => Math.max(...moves.map(Math.abs))],
    ] as const) {
      let before = new Float32Array();
      const lengths: number[] = [];
      const meddling = createListener(["afterBackward", "afterUpdate"], (callback, { gradient, parameters }) => {
        if (callback === "afterBackward") {
          before = parameters.slice();
          gradient[3] = 100;
        } else {
          // Plain SGD at rate 0.1.
          lengths.push(measure(Array.from(parameters, (theta, i) => (theta - (before[i] ?? 0)) / 0.1)));
        }
      });
      const strategy = new Naive(makeOptions({ plugins: [new GradientClippingPlugin(options), meddling] }));
      await withStrategy(strategy, () => strategy.train(trainStream));
      expect(lengths.length).toBeGreaterThan(2);
      for (const length of lengths) expect(Math.abs(length - 0.05)).toBeLessThan(1e-5);
    }
  });

  test("GradientClippingPlugin() wants exactly one limit above 0", () => {
    const refusals: readonly (readonly [GradientClippingOptions, string])[] = [
      [{}, "GradientClippingPlugin: maxNorm or maxValue is required"],
      [{ maxNorm: 1, maxValue: 1 }, "GradientClippingPlugin: maxNorm and maxValue exclude each other"],
      [{ maxNorm: 0 }, "GradientClippingPlugin: maxNorm must be above 0, got 0"],
      [{ maxValue: -1 }, "GradientClippingPlugin: maxValue must be above 0, got -1"],
    ];
    for (const [options, message] of refusals) expect(() => new GradientClippingPlugin(options)).toThrow(message);
  });
});
