import { resolveOptions } from "../core/options/option_schema.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { fixSpec } from "./fix_spec.ts";
import { limitEpsilon } from "./flushed_squares.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { AdagradSpec } from "./optimizer_spec.ts";
import { ADAGRAD_OPTIONS, type AdagradOptions } from "./options.ts";

/**
 * Adagrad with PyTorch's definition: s ← s + g², θ ← θ − η g / (√s + ε), where η shrinks by 1 + (t − 1)·decay.
 * @see Duchi et al. 2011, Adaptive Subgradient Methods
 */
export class Adagrad implements Optimizer {
  readonly spec: AdagradSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdagradOptions = {}) {
    const { learningRate, ...rule } = resolveOptions("Adagrad", options, ADAGRAD_OPTIONS);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, { kind: "adagrad", ...rule });
  }
}

/** One step of Adagrad on a slice, in place. State: the sum of squares. */
export function stepAdagrad(
  spec: AdagradSpec,
  vectors: OptimizerVectors,
  step: OptimizerStep,
  kernels: VectorKernels,
): void {
  const { parameters, gradient } = vectors;
  const sum = vectors.state[0];
  if (!sum) return;
  const rate = step.learningRate / (1 + (step.count - 1) * spec.learningRateDecay);
  kernels.compute(
    { written: [parameters, sum], read: [gradient] },
    step,
    (functions, [theta = 0, s = 0, g = 0], count) =>
      functions.stepAdagrad(theta, g, s, count, rate, limitEpsilon(spec.epsilon), spec.weightDecay),
  );
}
