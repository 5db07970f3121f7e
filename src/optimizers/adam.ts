import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { number } from "../core/options/value_rules.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { fixSpec } from "./fix_spec.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { AdamSpec } from "./optimizer_spec.ts";

/** What Adam and AdamW take; the defaults are PyTorch's. */
export type AdamOptions = Partial<Omit<AdamSpec, "kind" | "decoupledWeightDecay">> & { learningRate?: number };

const ADAM_RULES: OptionRules<AdamOptions> = {
  learningRate: number({ atLeast: 0 }),
  beta1: number({ atLeast: 0, below: 1 }),
  beta2: number({ atLeast: 0, below: 1 }),
  epsilon: number({ atLeast: 0 }),
  weightDecay: number({ atLeast: 0 }),
};

/**
 * Adam: moments m, s of g and g²; θ ← θ − η m̂ / (√ŝ + ε), both corrected for their start at zero.
 * @see Kingma and Ba 2015, arXiv:1412.6980
 */
export class Adam implements Optimizer {
  readonly spec: AdamSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdamOptions = {}) {
    assertOptions("Adam", options, ADAM_RULES);
    this.learningRate = options.learningRate ?? 0.001;
    this.spec = fixSpec(this, createAdamSpec({ ...options, weightDecay: options.weightDecay ?? 0 }, false));
  }
}

/**
 * Adam with decoupled weight decay: θ ← (1 − ηλ)θ before Adam's step.
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101
 */
export class AdamW implements Optimizer {
  readonly spec: AdamSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdamOptions = {}) {
    assertOptions("AdamW", options, ADAM_RULES);
    this.learningRate = options.learningRate ?? 0.001;
    this.spec = fixSpec(this, createAdamSpec({ ...options, weightDecay: options.weightDecay ?? 0.01 }, true));
  }
}

/** One step of Adam on a slice, in place. State: m and s. */
export function stepAdam(spec: AdamSpec, vectors: OptimizerVectors, step: OptimizerStep, kernels: VectorKernels): void {
  const { parameters, gradient } = vectors;
  const [first, second] = vectors.state;
  if (!first || !second) return;
  const { beta1, beta2, epsilon, weightDecay, decoupledWeightDecay } = spec;
  const { learningRate, count: steps } = step;
  const stepSize = learningRate / (1 - beta1 ** steps);
  const correction = 1 / Math.sqrt(1 - beta2 ** steps);
  const shrink = decoupledWeightDecay ? 1 - learningRate * weightDecay : 1;
  const decay = decoupledWeightDecay ? 0 : weightDecay;
  kernels.compute(
    { written: [parameters, first, second], read: [gradient] },
    step,
    (functions, [theta = 0, m = 0, s = 0, g = 0], count) =>
      functions.stepAdam(
        theta,
        g,
        m,
        s,
        count,
        stepSize,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        correction,
        epsilon,
        shrink,
        decay,
      ),
  );
}

function createAdamSpec(options: AdamOptions, decoupledWeightDecay: boolean): AdamSpec {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return { kind: "adam", beta1, beta2, epsilon, weightDecay, decoupledWeightDecay };
}
