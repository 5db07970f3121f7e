import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SGD } from "../../src/optimizers/sgd.ts";
import { between, expectLikeSlowRule, optimizerRuns } from "./optimizer_runs.ts";
import { slowSGD } from "./slow_optimizers.ts";

describe("SGD", () => {
  test("stepOptimizer() equals the slow rule, whatever momentum, dampening and weight decay", () => {
    const options = fc.record({
      learningRate: between(0, 0.5),
      momentum: fc.oneof(fc.constant(0), between(0, 1)),
      dampening: fc.oneof(fc.constant(0), between(0, 1)),
      weightDecay: fc.oneof(fc.constant(0), between(0, 0.5)),
    });
    fc.assert(
      fc.property(options, optimizerRuns, (chosen, run) => {
        const slow = { ...chosen, lr: chosen.learningRate, nesterov: false };
        expectLikeSlowRule(new SGD(chosen), run, (start, gradients) => slowSGD(slow, start, gradients));
      }),
    );
  });

  test("stepOptimizer() equals the slow rule, with Nesterov's momentum", () => {
    const options = fc.record({
      learningRate: between(0, 0.5),
      momentum: between(0.01, 1),
      weightDecay: between(0, 0.5),
    });
    fc.assert(
      fc.property(options, optimizerRuns, (chosen, run) => {
        const slow = { ...chosen, lr: chosen.learningRate, dampening: 0, nesterov: true };
        const optimizer = new SGD({ ...chosen, nesterov: true });
        expectLikeSlowRule(optimizer, run, (start, gradients) => slowSGD(slow, start, gradients));
      }),
    );
  });

  test("SGD() refuses constants out of range, and Nesterov without momentum or with dampening", () => {
    const learningRate = 0.1;
    expect(() => new SGD({ learningRate: -0.1 })).toThrow("SGD: learningRate must be at least 0, got -0.1");
    expect(() => new SGD({ learningRate: Number.NaN })).toThrow(RangeError);
    expect(() => new SGD({ learningRate, momentum: 1.5 })).toThrow("SGD: momentum must be from 0 to 1, got 1.5");
    expect(() => new SGD({ learningRate, dampening: -1 })).toThrow("SGD: dampening must be from 0 to 1, got -1");
    expect(() => new SGD({ learningRate, weightDecay: -1 })).toThrow("weightDecay");
    expect(() => new SGD({ learningRate, nesterov: true })).toThrow("SGD: nesterov requires momentum above 0");
    expect(() => new SGD({ learningRate, nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrow(
      "SGD: nesterov requires dampening 0, got 0.1",
    );
  });
});
