import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { createGroups } from "./create_groups.ts";
import { fixSpec } from "./fix_spec.ts";
import { limitEpsilon } from "./flushed_squares.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { AdagradSpec } from "./optimizer_spec.ts";
import { ADAGRAD_OPTIONS, ADAGRAD_RULE, type AdagradOptions } from "./options.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/**
 * Adagrad with PyTorch's definition: s ← s + g², θ ← θ − η g / (√s + ε), where η shrinks by 1 + (t − 1)·decay.
 * @see Duchi et al. 2011, Adaptive Subgradient Methods
 */
export class Adagrad implements Optimizer {
  readonly spec: AdagradSpec;
  learningRate: number;
  readonly groups: readonly ParameterGroup[];

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: AdagradOptions = {}) {
    const { groups, ...own } = resolveOptions("Adagrad", options, ADAGRAD_OPTIONS);
    const { learningRate, spec } = readRule("Adagrad", own);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, spec);
    this.groups = createGroups("Adagrad", groups, { own, schema: ADAGRAD_RULE, read: readRule });
  }
}

function readRule(_subject: string, { learningRate, ...rule }: ResolvedOptions<typeof ADAGRAD_RULE>) {
  const spec: AdagradSpec = { kind: "adagrad", ...rule };
  return { learningRate, spec };
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
