import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Adagrad } from "../../src/optimizers/adagrad.ts";
import { between, expectLikeSlowRule, optimizerRuns } from "./optimizer_runs.ts";
import { slowAdagrad } from "./slow_optimizers.ts";

describe("Adagrad", () => {
  test("stepOptimizer() equals the slow rule, whatever the constants", () => {
    const options = fc.record({
      learningRate: between(0, 0.5),
      learningRateDecay: fc.oneof(fc.constant(0), between(0, 1)),
      weightDecay: fc.oneof(fc.constant(0), between(0, 0.5)),
      epsilon: between(1e-8, 0.1),
    });
    fc.assert(
      fc.property(options, optimizerRuns, (chosen, run) => {
        const { learningRate: lr, learningRateDecay: lrDecay, epsilon: eps, weightDecay } = chosen;
        const slow = { lr, lrDecay, eps, weightDecay };
        expectLikeSlowRule(new Adagrad(chosen), run, (start, gradients) => slowAdagrad(slow, start, gradients));
      }),
    );
  });

  test("Adagrad() refuses constants out of range", () => {
    expect(() => new Adagrad({ learningRate: -1 })).toThrow("Adagrad: learningRate must be at least 0, got -1");
    expect(() => new Adagrad({ learningRateDecay: -1 })).toThrow("learningRateDecay");
    expect(() => new Adagrad({ weightDecay: -1 })).toThrow("weightDecay");
    expect(() => new Adagrad({ epsilon: -1 })).toThrow("epsilon");
  });
});
