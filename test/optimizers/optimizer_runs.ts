import { expect } from "bun:test";
import fc from "fast-check";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import type { Optimizer, OptimizerVectors } from "../../src/optimizers/optimizer.ts";
import { countStateVectors, stepOptimizer } from "../../src/optimizers/step_optimizer.ts";

/** First values of some parameters and, step by step, their gradients. */
export interface OptimizerRun {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

const PARAMETERS = 5;
const kernels = new VectorKernels();
const eighths = fc.integer({ min: -32, max: 32 }).map((value) => value / 8);
const vector = fc.array(eighths, { minLength: PARAMETERS, maxLength: PARAMETERS });

/** Runs of one to six steps on numbers that float32 holds exactly. */
export const optimizerRuns: fc.Arbitrary<OptimizerRun> = fc.record({
  start: vector,
  gradients: fc.array(vector, { minLength: 1, maxLength: 6 }),
});

/** A number from `min` to `max`, drawn evenly. */
export function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.nat(2 ** 20).map((steps) => min + (max - min) * (steps / 2 ** 20));
}

/** Vectors before the first step. */
export function createVectors(optimizer: Optimizer, start: readonly number[]): OptimizerVectors {
  const length = start.length;
  const state = Array.from({ length: countStateVectors(optimizer) }, () => new Float32Array(length));
  return { parameters: Float32Array.from(start), gradient: new Float32Array(length), state };
}

/** All steps of a run; each is made slice by slice, cut at `cuts`. */
export function runOptimizer(optimizer: Optimizer, run: OptimizerRun, cuts: readonly number[] = []): OptimizerVectors {
  const vectors = createVectors(optimizer, run.start);
  const bounds = [0, ...cuts, run.start.length];
  for (const [index, gradient] of run.gradients.entries()) {
    vectors.gradient.set(gradient);
    for (const [slice, end] of bounds.slice(1).entries()) {
      const step = { start: bounds[slice] ?? 0, end, learningRate: optimizer.learningRate, count: index + 1 };
      stepOptimizer(optimizer.spec, vectors, step, kernels);
    }
  }
  return vectors;
}

/** Expects the optimizer's parameters to be the slow rule's, to float32's precision. */
export function expectLikeSlowRule(
  optimizer: Optimizer,
  run: OptimizerRun,
  slowRule: (start: number, gradients: readonly number[]) => number,
): void {
  const { parameters } = runOptimizer(optimizer, run);
  for (const [i, start] of run.start.entries()) {
    const wanted = slowRule(
      start,
      run.gradients.map((gradient) => gradient[i] ?? 0),
    );
    expect(Math.abs((parameters[i] ?? Number.NaN) - wanted)).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
  }
}
