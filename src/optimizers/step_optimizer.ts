import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { stepAdagrad } from "./adagrad.ts";
import { stepAdam } from "./adam.ts";
import type { OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { OptimizerSpec } from "./optimizer_spec.ts";
import type { OptimizerRule } from "./parameter_groups.ts";
import { stepRMSprop } from "./rmsprop.ts";
import { stepSGD } from "./sgd.ts";

/** How many state vectors [P] an optimizer keeps: those of the group that needs most. */
export function countStateVectors({ spec, groups = [] }: OptimizerRule): number {
  return Math.max(countVectors(spec), ...groups.map((group) => countVectors(group.spec)));
}

function countVectors(spec: OptimizerSpec): number {
  switch (spec.kind) {
    case "sgd":
      return spec.momentum === 0 ? 0 : 1;
    case "adam":
      return 2;
    case "rmsprop":
      return 3;
    case "adagrad":
      return 1;
  }
}

/**
 * One optimizer step on the slice [start, end) of the vectors, in place, every operation rounded to float32. Slices are
 * independent of each other.
 */
export function stepOptimizer(
  spec: OptimizerSpec,
  vectors: OptimizerVectors,
  step: OptimizerStep,
  kernels: VectorKernels,
): void {
  switch (spec.kind) {
    case "sgd":
      stepSGD(spec, vectors, step, kernels);
      break;
    case "adam":
      stepAdam(spec, vectors, step, kernels);
      break;
    case "rmsprop":
      stepRMSprop(spec, vectors, step, kernels);
      break;
    case "adagrad":
      stepAdagrad(spec, vectors, step, kernels);
      break;
  }
}
