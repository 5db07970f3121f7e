import type * as tf from "@tensorflow/tfjs";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** What a strategy minimises: the mean over the minibatch of a loss of outputs [B, C] and class ids [B]. */
export interface Criterion {
  /** The same loss for the replicas' graph, where it can be computed there. */
  createObjective?(y: Int32Array, outputSize: number): ObjectiveWriter;
  /** The loss and its gradient, on the coordinator. */
  evaluate(output: HostTensor, y: Int32Array): LossAndGradient | Promise<LossAndGradient>;
}

/** A loss written with TF.js: outputs [B, C] and class ids [B] (int32) to a scalar. Its tensors are inside a tidy. */
export type CriterionFunction = (output: tf.Tensor2D, y: tf.Tensor1D) => tf.Scalar;

/** Turns a TF.js function into a criterion; such a step is always split. */
export function createCriterion(criterion: Criterion | CriterionFunction): Criterion {
  if (typeof criterion !== "function") return criterion;
  return {
    async evaluate(output, y) {
      const { differentiateOnOutput } = await import("./loss_terms.ts");
      return differentiateOnOutput(output, (tensor, tf) => criterion(tensor, tf.tensor1d(Int32Array.from(y), "int32")));
    },
  };
}
