import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Adam, AdamW } from "../../src/optimizers/adam.ts";
import { between, expectLikeSlowRule, optimizerRuns } from "./optimizer_runs.ts";
import { slowAdam } from "./slow_optimizers.ts";

const options = fc.record({
  learningRate: between(0, 0.1),
  beta1: fc.oneof(fc.constant(0), between(0, 0.95)),
  beta2: fc.oneof(fc.constant(0), between(0, 0.999)),
  epsilon: between(1e-8, 0.1),
  weightDecay: fc.oneof(fc.constant(0), between(0, 0.5)),
});

for (const [Optimizer, decoupled] of [
  [Adam, false],
  [AdamW, true],
] as const) {
  describe(Optimizer.name, () => {
    test("stepOptimizer() equals the slow rule, whatever the constants", () => {
      fc.assert(
        fc.property(options, optimizerRuns, (drawn, run) => {
          // Rounding is all that is left of a gradient that decay cancels, and of a mean of gradients that cancel.
          // Where it is divided by its own size, or by a last gradient of 0 alone, a step may be of any size.
          const isSteep = !decoupled && drawn.weightDecay > 0;
          const beta2 = isSteep ? Math.max(drawn.beta2, 0.5) : drawn.beta2;
          const epsilon = isSteep || beta2 < 0.5 ? Math.max(drawn.epsilon, 0.01) : drawn.epsilon;
          const chosen = { ...drawn, beta2, epsilon };
          const slow = { ...chosen, lr: chosen.learningRate, eps: chosen.epsilon, decoupled };
          expectLikeSlowRule(new Optimizer(chosen), run, (start, gradients) => slowAdam(slow, start, gradients));
        }),
      );
    });

    test(`${Optimizer.name}() refuses constants out of range`, () => {
      expect(() => new Optimizer({ learningRate: -1 })).toThrow(
        `${Optimizer.name}: learningRate must be at least 0, got -1`,
      );
      expect(() => new Optimizer({ beta1: 1 })).toThrow("beta1 must be at least 0 and below 1, got 1");
      expect(() => new Optimizer({ beta2: -0.1 })).toThrow("beta2");
      expect(() => new Optimizer({ epsilon: Number.POSITIVE_INFINITY })).toThrow("epsilon");
      expect(() => new Optimizer({ weightDecay: -1 })).toThrow("weightDecay");
    });

    test(`${Optimizer.name}() takes a constant that is undefined for one that is left out`, () => {
      const absent = { weightDecay: undefined, beta1: undefined, learningRate: undefined };
      expect(Reflect.construct(Optimizer, [absent]).spec).toEqual(new Optimizer().spec);
    });
  });
}
