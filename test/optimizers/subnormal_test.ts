import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import { Adagrad } from "../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../src/optimizers/adam.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import { RMSprop } from "../../src/optimizers/rmsprop.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { stepOptimizer } from "../../src/optimizers/step_optimizer.ts";
import { createVectors } from "./optimizer_runs.ts";

const LENGTH = 16;
const kernels = new VectorKernels();

const learningRate = fc.constantFrom(0, 1e-8, 0.01, 1);
const share = fc.constantFrom(0, 0.5, 0.9, 1);
const beta = fc.constantFrom(0, 0.5, 0.9, 0.999);
const weightDecay = fc.constantFrom(0, 1e-8, 0.01, 1);
const epsilon = fc.constantFrom(0, 1e-20, 1e-8);
const adamOptions = fc.record({ learningRate, beta1: beta, beta2: beta, epsilon, weightDecay });

/** Optimizers of every kind, with every option on and off. */
const optimizers: fc.Arbitrary<Optimizer> = fc.oneof(
  fc
    .record({ learningRate, momentum: share, dampening: share, weightDecay, nesterov: fc.boolean() })
    .map(({ nesterov, ...options }) => {
      if (!nesterov || options.momentum === 0) return new SGD(options);
      return new SGD({ ...options, dampening: 0, nesterov });
    }),
  adamOptions.map((options) => new Adam(options)),
  adamOptions.map((options) => new AdamW(options)),
  fc
    .record({ learningRate, alpha: share, epsilon, weightDecay, momentum: share, centered: fc.boolean() })
    .map((options) => new RMSprop(options)),
  fc.record({ learningRate, learningRateDecay: share, epsilon, weightDecay }).map((options) => new Adagrad(options)),
);

/** Subnormal numbers, and numbers whose squares or shares are. */
const small: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -0x7fffff, max: 0x7fffff }).map((units) => units * 2 ** -149),
  fc.integer({ min: -130, max: -40 }).map((exponent) => 2 ** exponent),
  fc.constantFrom(0, 1, -1),
);
const vectors = fc.array(small, { minLength: LENGTH, maxLength: LENGTH });

function countSubnormals(vector: Float32Array): number {
  return vector.filter((value) => value !== 0 && Math.abs(value) < 2 ** -126).length;
}

describe("stepOptimizer()", () => {
  test("leaves no subnormal number, whatever it was given, for every optimizer", () => {
    const states = fc.array(vectors, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(optimizers, vectors, vectors, states, fc.integer({ min: 1, max: 3 }), (optimizer, ...given) => {
        const [start, gradient, state, count] = given;
        const made = createVectors(optimizer, start);
        made.gradient.set(gradient);
        // Squares, whose roots are taken, are not negative.
        for (const [i, vector] of made.state.entries()) vector.set((state[i] ?? []).map(Math.abs));
        // RMSprop leaves the mean alone where it is not centred.
        if (optimizer.spec.kind === "rmsprop" && !optimizer.spec.centered) made.state[2]?.fill(0);
        const step = { start: 0, end: LENGTH, learningRate: optimizer.learningRate, count };
        stepOptimizer(optimizer.spec, made, step, kernels);
        expect([made.parameters, ...made.state].map(countSubnormals)).toEqual(
          [made.parameters, ...made.state].map(() => 0),
        );
        expect([...made.parameters].every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("decays to zero once the gradient is zero, and leaves the parameter finite", () => {
    const lasting: readonly Optimizer[] = [
      new SGD({ learningRate: 0.1, momentum: 0.9 }),
      new Adam({ beta2: 0.9, epsilon: 0 }),
      new RMSprop({ alpha: 0.9, momentum: 0.9, centered: true, epsilon: 0 }),
    ];
    for (const optimizer of lasting) {
      const made = createVectors(optimizer, [0.5]);
      for (let count = 1; count <= 3000; count++) {
        made.gradient[0] = count === 1 ? 1 : 0;
        stepOptimizer(optimizer.spec, made, { start: 0, end: 1, learningRate: 0.1, count }, kernels);
      }
      expect(made.state.map((vector) => vector[0])).toEqual(made.state.map(() => 0));
      expect(Math.abs(made.parameters[0] ?? Number.NaN)).toBeLessThan(1e6);
    }
  });
});
