import { stepAdagrad } from "./adagrad.ts";
import { stepAdam } from "./adam.ts";
import type { OptimizerSpec, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import { stepRMSprop } from "./rmsprop.ts";
import { stepSGD } from "./sgd.ts";

/** How many state vectors [P] an optimizer keeps. */
export function countStateVectors(spec: OptimizerSpec): number {
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

/** One optimizer step on the slice [start, end) of the vectors, in place. Slices are independent of each other. */
export function stepOptimizer(spec: OptimizerSpec, vectors: OptimizerVectors, step: OptimizerStep): void {
  switch (spec.kind) {
    case "sgd":
      stepSGD(spec, vectors, step);
      break;
    case "adam":
      stepAdam(spec, vectors, step);
      break;
    case "rmsprop":
      stepRMSprop(spec, vectors, step);
      break;
    case "adagrad":
      stepAdagrad(spec, vectors, step);
      break;
  }
}
