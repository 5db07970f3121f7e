import type { ParameterLayout } from "../core/parameter_layout.ts";
import { addScaled } from "../kernels/add_scaled.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import type { OptimizerStep, OptimizerVectors, StepRates } from "./optimizer.ts";
import { locateGroups, type OptimizerRule, type OptimizerSegment } from "./parameter_groups.ts";
import { stepOptimizer } from "./step_optimizer.ts";

/** A step on a slice that may lie across several groups. */
export interface SegmentedStep extends Omit<OptimizerStep, "learningRate"> {
  /** The learning rate of the group of this number; 0 for parameters of none. */
  readonly rateOf: (group: number) => number;
  /** The number of the step for the parameters of a task's part, from 1; 0 leaves them alone. */
  readonly countOf: (part: number) => number;
}

/** One optimizer step on the slice [start, end) of the vectors, group by group, in place. */
export function stepSegments(
  segments: readonly OptimizerSegment[],
  vectors: OptimizerVectors,
  { rateOf, countOf, ...step }: SegmentedStep,
  kernels: VectorKernels,
): void {
  for (const { group, spec, part, ...segment } of segments) {
    const start = Math.max(segment.start, step.start);
    const end = Math.min(segment.end, step.end);
    if (start >= end) continue;
    const count = part === undefined ? step.count : countOf(part);
    if (count > 0) stepOptimizer(spec, vectors, { start, end, count, learningRate: rateOf(group) }, kernels);
  }
}

/**
 * θ ← θ − ηg for a vector of parameters [P], with the learning rate of each group: plain descent, whatever the
 * optimizer's own rule is.
 */
export function descend(
  vectors: { readonly parameters: Float32Array; readonly gradient: Float32Array },
  { optimizer, layout }: { readonly optimizer: OptimizerRule & StepRates; readonly layout: ParameterLayout },
): void {
  const { parameters, gradient } = vectors;
  const { learningRate, groups = [] } = optimizer;
  if (groups.length === 0) {
    addScaled(parameters, gradient, -learningRate);
    return;
  }
  for (const { start, end, group } of locateGroups(optimizer, layout)) {
    const rate = groups[group - 1]?.learningRate ?? learningRate;
    addScaled(parameters.subarray(start, end), gradient.subarray(start, end), -rate);
  }
}
