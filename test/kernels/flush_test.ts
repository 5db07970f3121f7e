import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { KernelFunctions } from "../../src/kernels/kernel_functions.ts";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import { slowAdagrad, slowAdam, slowMomentum, slowPenalty, slowPlain, slowRmsprop } from "./slow_kernels.ts";

const kernels = new VectorKernels();

/** Where a kernel's answer changes, and where a number's kind does. */
const EDGES = [2 ** -100, 2 ** -126, 2 ** -63, 2 ** -58, 2 ** -149, 1];

/** Numbers at and beside the edges, subnormal ones, and those that training has. */
const values: fc.Arbitrary<number> = fc.oneof(
  fc
    .record({ edge: fc.constantFrom(...EDGES), by: fc.integer({ min: -3, max: 3 }), sign: fc.constantFrom(1, -1) })
    .map(({ edge, by, sign }) => Math.fround(sign * edge * (1 + by * 2 ** -23))),
  fc.integer({ min: -0x7fffff, max: 0x7fffff }).map((units) => units * 2 ** -149),
  fc.constantFrom(0, -0, 1, Number.NaN),
  fc.float({ min: -1, max: 1, noNaN: true }),
);
const squares = values.map((value) => Math.abs(value));
const shares = fc.constantFrom(0, 1, 0.9, 0.999, 0.5, 2 ** -30);
const rates = fc.constantFrom(0.01, 1, 1e-8);
const decays = fc.constantFrom(0, 0.01, 1);
const epsilons = fc.constantFrom(2 ** -60, 1e-8);
const roots = fc.constantFrom(2 ** -57, 2 ** -50, 2 ** -63);

/** Runs a kernel on vectors of one repeated number each, the first `written` of which it writes; returns them. */
function compute(
  numbers: readonly number[],
  written: number,
  work: (functions: KernelFunctions, addresses: readonly number[], count: number) => number | undefined,
): readonly number[] {
  const vectors = numbers.map((value) => new Float32Array(5).fill(value));
  let sum = 0;
  kernels.compute(
    { written: vectors.slice(0, written), read: vectors.slice(written) },
    { start: 0, end: 5 },
    (functions, addresses, count) => {
      sum = work(functions, addresses, count) ?? 0;
    },
  );
  const results = vectors.slice(0, written).map((vector) => {
    for (const value of vector) expect(value).toBe(vector[0] ?? 0);
    return vector[0] ?? 0;
  });
  return [...results, sum];
}

describe("kernels near the numbers that they flush", () => {
  test("stepPlain() gives the slow version's bits", () => {
    fc.assert(
      fc.property(values, values, rates, decays, (theta, gradient, rate, decay) => {
        const [found] = compute([theta, gradient], 1, (functions, [p = 0, g = 0], count) => {
          functions.stepPlain(p, g, count, rate, decay);
          return undefined;
        });
        expect(found).toBe(slowPlain(theta, gradient, { rate, decay }));
      }),
      { numRuns: 500 },
    );
  });

  test("stepMomentum() gives the slow version's bits", () => {
    const constants = fc.record({
      rate: rates,
      momentum: shares,
      share: shares,
      decay: decays,
      nesterov: fc.boolean(),
    });
    fc.assert(
      fc.property(values, values, values, constants, (theta, gradient, velocity, by) => {
        const { rate, momentum, share, decay, nesterov } = by;
        const found = compute([theta, velocity, gradient], 2, (functions, [p = 0, v = 0, g = 0], count) => {
          functions.stepMomentum(p, g, v, count, rate, momentum, share, decay, nesterov ? 1 : 0);
          return undefined;
        });
        expect(found.slice(0, 2)).toEqual(slowMomentum([theta, gradient, velocity], by));
      }),
      { numRuns: 1000 },
    );
  });

  test("stepAdam() gives the slow version's bits", () => {
    const constants = fc.record({
      stepSize: rates,
      beta1: shares,
      beta2: shares,
      correction: fc.constantFrom(1, 31.6),
      epsilon: epsilons,
      shrink: fc.constantFrom(1, 0.999, 0),
      decay: decays,
      root: roots,
    });
    fc.assert(
      fc.property(values, values, values, squares, constants, (theta, gradient, first, second, by) => {
        const { stepSize, beta1, beta2, correction, epsilon, shrink, decay, root } = by;
        const start = [theta, first, second, gradient];
        const found = compute(start, 3, (functions, [p = 0, m = 0, s = 0, g = 0], count) => {
          const bias = [beta1, 1 - beta1, beta2, 1 - beta2, correction] as const;
          functions.stepAdam(p, g, m, s, count, stepSize, ...bias, epsilon, shrink, decay, root);
          return undefined;
        });
        expect(found.slice(0, 3)).toEqual(slowAdam([theta, gradient, first, second], by));
      }),
      { numRuns: 1000 },
    );
  });

  test("stepRmsprop() gives the slow version's bits", () => {
    const constants = fc.record({
      rate: rates,
      alpha: shares,
      momentum: shares,
      epsilon: epsilons,
      decay: decays,
      centered: fc.boolean(),
      root: roots,
    });
    fc.assert(
      fc.property(values, values, squares, values, values, constants, (theta, gradient, square, velocity, mean, by) => {
        const { rate, alpha, momentum, epsilon, decay, centered, root } = by;
        const start = [theta, square, velocity, mean, gradient];
        const found = compute(start, 4, (functions, [p = 0, s = 0, v = 0, a = 0, g = 0], count) => {
          const rest = [alpha, 1 - alpha, momentum, epsilon, decay] as const;
          functions.stepRmsprop(p, g, s, v, a, count, rate, ...rest, centered ? 1 : 0, root);
          return undefined;
        });
        expect(found.slice(0, 4)).toEqual(slowRmsprop([theta, gradient, square, velocity, mean], by));
      }),
      { numRuns: 1000 },
    );
  });

  test("stepAdagrad() gives the slow version's bits", () => {
    const constants = fc.record({ rate: rates, epsilon: epsilons, decay: decays });
    fc.assert(
      fc.property(values, values, squares, constants, (theta, gradient, sum, by) => {
        const found = compute([theta, sum, gradient], 2, (functions, [p = 0, s = 0, g = 0], count) => {
          functions.stepAdagrad(p, g, s, count, by.rate, by.epsilon, by.decay);
          return undefined;
        });
        expect(found.slice(0, 2)).toEqual(slowAdagrad([theta, gradient, sum], by));
      }),
      { numRuns: 500 },
    );
  });

  test("addPenalty() gives the slow version's bits, and the sum of its values", () => {
    fc.assert(
      fc.property(values, values, values, values, rates, (gradient, theta, a, b, factor) => {
        const found = compute([gradient, theta, a, b], 1, (functions, [g = 0, p = 0, at = 0, bt = 0], count) =>
          functions.addPenalty(g, p, at, bt, count, factor),
        );
        const [changed, term = 0] = slowPenalty([gradient, theta, a, b], factor);
        expect(found[0]).toBe(changed ?? 0);
        expect((found[1] ?? 0) + 0).toBe(5 * term + 0);
      }),
      { numRuns: 500 },
    );
  });
});
