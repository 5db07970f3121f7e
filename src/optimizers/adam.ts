import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { createGroups } from "./create_groups.ts";
import { fixSpec } from "./fix_spec.ts";
import { findLeastRoot, limitEpsilon } from "./flushed_squares.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { AdamSpec } from "./optimizer_spec.ts";
import { ADAM_OPTIONS, ADAM_RULE, ADAMW_OPTIONS, ADAMW_RULE, type AdamOptions } from "./options.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/**
 * Adam: moments m, s of g and g²; θ ← θ − η m̂ / (√ŝ + ε), both corrected for their start at zero.
 * @see Kingma and Ba 2015, arXiv:1412.6980
 */
export class Adam implements Optimizer {
  readonly spec: AdamSpec;
  learningRate: number;
  readonly groups: readonly ParameterGroup[];

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdamOptions = {}) {
    const { groups, ...own } = resolveOptions("Adam", options, ADAM_OPTIONS);
    const { learningRate, spec } = readRule(own, false);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, spec);
    this.groups = createGroups("Adam", groups, { own, schema: ADAM_RULE, read: (_, rule) => readRule(rule, false) });
  }
}

/**
 * Adam with decoupled weight decay: θ ← (1 − ηλ)θ before Adam's step.
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101
 */
export class AdamW implements Optimizer {
  readonly spec: AdamSpec;
  learningRate: number;
  readonly groups: readonly ParameterGroup[];

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdamOptions = {}) {
    const { groups, ...own } = resolveOptions("AdamW", options, ADAMW_OPTIONS);
    const { learningRate, spec } = readRule(own, true);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, spec);
    this.groups = createGroups("AdamW", groups, { own, schema: ADAMW_RULE, read: (_, rule) => readRule(rule, true) });
  }
}

function readRule({ learningRate, ...rule }: ResolvedOptions<typeof ADAM_RULE>, decoupledWeightDecay: boolean) {
  const spec: AdamSpec = { kind: "adam", ...rule, decoupledWeightDecay };
  return { learningRate, spec };
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
        limitEpsilon(epsilon),
        shrink,
        decay,
        findLeastRoot(1 - beta2),
      ),
  );
}
