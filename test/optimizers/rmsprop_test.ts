import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RMSprop } from "../../src/optimizers/rmsprop.ts";
import { between, expectLikeSlowRule, optimizerRuns, runOptimizer } from "./optimizer_runs.ts";
import { slowRMSprop } from "./slow_optimizers.ts";

describe("RMSprop", () => {
  test("stepOptimizer() equals the slow rule, centred or not, with and without momentum", () => {
    const options = fc.record({
      learningRate: between(0, 0.1),
      // Below one half, a centred mean square is little more than the rounding of what is subtracted from it.
      alpha: between(0.5, 0.99),
      epsilon: between(1e-8, 0.1),
      weightDecay: fc.oneof(fc.constant(0), between(0, 0.5)),
      momentum: fc.oneof(fc.constant(0), between(0, 1)),
      centered: fc.boolean(),
    });
    fc.assert(
      fc.property(options, optimizerRuns, (chosen, run) => {
        const slow = { ...chosen, lr: chosen.learningRate, eps: chosen.epsilon };
        expectLikeSlowRule(new RMSprop(chosen), run, (start, gradients) => slowRMSprop(slow, start, gradients));
      }),
    );
  });

  test("stepOptimizer() stays finite where rounding makes a centred mean square negative", () => {
    const optimizer = new RMSprop({ alpha: 0.5, centered: true });
    // A gradient that never changes has no variance: what is left after 200 steps is rounding, of either sign.
    const start = Array.from({ length: 50 }, () => 0);
    const gradient = start.map((_, i) => i / 7);
    const { parameters } = runOptimizer(optimizer, { start, gradients: Array.from({ length: 200 }, () => gradient) });
    expect(parameters.every(Number.isFinite)).toBe(true);
  });

  test("RMSprop() refuses constants out of range", () => {
    expect(() => new RMSprop({ learningRate: -1 })).toThrow("RMSprop: learningRate must be at least 0, got -1");
    expect(() => new RMSprop({ alpha: 1.1 })).toThrow("alpha");
    expect(() => new RMSprop({ epsilon: -1 })).toThrow("epsilon");
    expect(() => new RMSprop({ weightDecay: -1 })).toThrow("weightDecay");
    expect(() => new RMSprop({ momentum: 2 })).toThrow("momentum");
  });
});
