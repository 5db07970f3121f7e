import { assertInRange } from "../core/errors.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { RMSpropSpec } from "./optimizer_spec.ts";

/**
 * RMSprop with PyTorch's definition: s ← αs + (1 − α)g², the step is g / (√s + ε); centred subtracts the squared mean.
 * @see Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850
 */
export class RMSprop implements Optimizer {
  readonly spec: RMSpropSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: { learningRate?: number } & Partial<Omit<RMSpropSpec, "kind">> = {}) {
    const {
      learningRate = 0.01,
      alpha = 0.99,
      epsilon = 1e-8,
      weightDecay = 0,
      momentum = 0,
      centered = false,
    } = options;
    assertInRange("create RMSprop", "learningRate", learningRate, [0, Number.MAX_VALUE]);
    assertInRange("create RMSprop", "alpha", alpha, [0, 1]);
    assertInRange("create RMSprop", "epsilon", epsilon, [0, Number.MAX_VALUE]);
    assertInRange("create RMSprop", "weightDecay", weightDecay, [0, Number.MAX_VALUE]);
    assertInRange("create RMSprop", "momentum", momentum, [0, 1]);
    this.learningRate = learningRate;
    this.spec = { kind: "rmsprop", alpha, epsilon, weightDecay, momentum, centered };
  }
}

/** One step of RMSprop on a slice, in place. State: mean square, velocity, mean. */
export function stepRMSprop(
  spec: RMSpropSpec,
  vectors: OptimizerVectors,
  step: OptimizerStep,
  kernels: VectorKernels,
): void {
  const { parameters, gradient } = vectors;
  const [meanSquare, velocity, mean] = vectors.state;
  if (!meanSquare || !velocity || !mean) return;
  const { alpha, epsilon, weightDecay, momentum, centered } = spec;
  kernels.compute(
    { written: [parameters, meanSquare, velocity, mean], read: [gradient] },
    step,
    (functions, [theta = 0, s = 0, v = 0, a = 0, g = 0], count) =>
      functions.stepRmsprop(
        theta,
        g,
        s,
        v,
        a,
        count,
        step.learningRate,
        alpha,
        1 - alpha,
        momentum,
        epsilon,
        weightDecay,
        centered ? 1 : 0,
      ),
  );
}
