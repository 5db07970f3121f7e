import { assertInRange } from "../core/errors.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";

/** The constants of RMSprop. */
export interface RMSpropSpec {
  readonly kind: "rmsprop";
  /** The smoothing constant of the mean square. */
  readonly alpha: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
}

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
export function stepRMSprop(spec: RMSpropSpec, vectors: OptimizerVectors, step: OptimizerStep): void {
  const { parameters, gradient } = vectors;
  const [meanSquare, velocity, mean] = vectors.state;
  if (!meanSquare || !velocity || !mean) return;
  const { alpha, epsilon, weightDecay, momentum, centered } = spec;
  for (let i = step.start; i < step.end; i++) {
    const theta = parameters[i] ?? 0;
    const g = (gradient[i] ?? 0) + weightDecay * theta;
    const s = alpha * (meanSquare[i] ?? 0) + (1 - alpha) * g * g;
    meanSquare[i] = s;
    let variance = s;
    if (centered) {
      const average = alpha * (mean[i] ?? 0) + (1 - alpha) * g;
      mean[i] = average;
      variance = s - average * average;
    }
    const v = momentum * (velocity[i] ?? 0) + g / (Math.sqrt(Math.max(variance, 0)) + epsilon);
    velocity[i] = v;
    parameters[i] = theta - step.learningRate * v;
  }
}
