import { assertInRange } from "../core/errors.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";

/** The constants of Adam and AdamW. */
export interface AdamSpec {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** True for AdamW: the decay shrinks the parameters directly instead of entering the moments. */
  readonly decoupledWeightDecay: boolean;
}

/** What Adam and AdamW take; the defaults are PyTorch's. */
export type AdamOptions = Partial<Omit<AdamSpec, "kind" | "decoupledWeightDecay">> & { learningRate?: number };

/**
 * Adam: moments m, s of g and g²; θ ← θ − η m̂ / (√ŝ + ε), both corrected for their start at zero.
 * @see Kingma and Ba 2015, arXiv:1412.6980
 */
export class Adam implements Optimizer {
  readonly spec: AdamSpec;
  learningRate: number;

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdamOptions = {}) {
    this.learningRate = options.learningRate ?? 0.001;
    this.spec = createAdamSpec("create Adam", this.learningRate, { weightDecay: 0, ...options }, false);
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
    this.learningRate = options.learningRate ?? 0.001;
    this.spec = createAdamSpec("create AdamW", this.learningRate, { weightDecay: 0.01, ...options }, true);
  }
}

/** One step of Adam on a slice, in place. State: m and s. */
export function stepAdam(spec: AdamSpec, vectors: OptimizerVectors, step: OptimizerStep): void {
  const { parameters, gradient } = vectors;
  const [first, second] = vectors.state;
  if (!first || !second) return;
  const { beta1, beta2, epsilon, weightDecay, decoupledWeightDecay } = spec;
  const { start, end, learningRate, count } = step;
  const stepSize = learningRate / (1 - beta1 ** count);
  const correction = 1 / Math.sqrt(1 - beta2 ** count);
  const shrink = decoupledWeightDecay ? 1 - learningRate * weightDecay : 1;
  const coupledDecay = decoupledWeightDecay ? 0 : weightDecay;
  for (let i = start; i < end; i++) {
    const theta = parameters[i] ?? 0;
    const g = (gradient[i] ?? 0) + coupledDecay * theta;
    const m = beta1 * (first[i] ?? 0) + (1 - beta1) * g;
    const s = beta2 * (second[i] ?? 0) + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = s;
    parameters[i] = shrink * theta - (stepSize * m) / (Math.sqrt(s) * correction + epsilon);
  }
}

function createAdamSpec(act: string, learningRate: number, options: AdamOptions, decoupled: boolean): AdamSpec {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  assertInRange(act, "learningRate", learningRate, [0, Number.MAX_VALUE]);
  assertInRange(act, "beta1", beta1, [0, 1 - Number.EPSILON]);
  assertInRange(act, "beta2", beta2, [0, 1 - Number.EPSILON]);
  assertInRange(act, "epsilon", epsilon, [0, Number.MAX_VALUE]);
  assertInRange(act, "weightDecay", weightDecay, [0, Number.MAX_VALUE]);
  return { kind: "adam", beta1, beta2, epsilon, weightDecay, decoupledWeightDecay: decoupled };
}
