import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { createGroups } from "./create_groups.ts";
import { fixSpec } from "./fix_spec.ts";
import { findLeastRoot, limitEpsilon } from "./flushed_squares.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { RMSpropSpec } from "./optimizer_spec.ts";
import { RMSPROP_OPTIONS, RMSPROP_RULE, type RMSpropOptions } from "./options.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/**
 * RMSprop with PyTorch's definition: s ← αs + (1 − α)g², the step is g / (√s + ε); centred subtracts the squared mean.
 * @see Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850
 */
export class RMSprop implements Optimizer {
  readonly spec: RMSpropSpec;
  learningRate: number;
  readonly groups: readonly ParameterGroup[];

  /** @throws {RangeError} If a constant is out of range. */
  constructor(options: RMSpropOptions = {}) {
    const { groups, ...own } = resolveOptions("RMSprop", options, RMSPROP_OPTIONS);
    const { learningRate, spec } = readRule("RMSprop", own);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, spec);
    this.groups = createGroups("RMSprop", groups, { own, schema: RMSPROP_RULE, read: readRule });
  }
}

function readRule(_subject: string, { learningRate, ...rule }: ResolvedOptions<typeof RMSPROP_RULE>) {
  const spec: RMSpropSpec = { kind: "rmsprop", ...rule };
  return { learningRate, spec };
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
        limitEpsilon(epsilon),
        weightDecay,
        centered ? 1 : 0,
        findLeastRoot(1 - alpha),
      ),
  );
}
