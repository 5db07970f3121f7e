import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { flag, number } from "../core/options/value_rules.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { fixSpec } from "./fix_spec.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { RMSpropSpec } from "./optimizer_spec.ts";

export type RMSpropOptions = { learningRate?: number } & Partial<Omit<RMSpropSpec, "kind">>;

const RMSPROP_RULES: OptionRules<RMSpropOptions> = {
  learningRate: number({ atLeast: 0 }),
  alpha: number({ atLeast: 0, atMost: 1 }),
  epsilon: number({ atLeast: 0 }),
  weightDecay: number({ atLeast: 0 }),
  momentum: number({ atLeast: 0, atMost: 1 }),
  centered: flag(),
};

/**
 * RMSprop with PyTorch's definition: s ← αs + (1 − α)g², the step is g / (√s + ε); centred subtracts the squared mean.
 * @see Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850
 */
export class RMSprop implements Optimizer {
  readonly spec: RMSpropSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: RMSpropOptions = {}) {
    assertOptions("RMSprop", options, RMSPROP_RULES);
    const {
      learningRate = 0.01,
      alpha = 0.99,
      epsilon = 1e-8,
      weightDecay = 0,
      momentum = 0,
      centered = false,
    } = options;
    this.learningRate = learningRate;
    this.spec = fixSpec(this, { kind: "rmsprop", alpha, epsilon, weightDecay, momentum, centered });
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
