import type * as tf from "@tensorflow/tfjs";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { CLASSES_ONLY, TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import type { StrategyPlugin } from "../loop/strategy_plugin.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** What a criterion is to work with. */
export interface CriterionData {
  readonly targets: TargetKind;
  /** C, the width of the model's output; a growing head's may become wider. */
  readonly outputSize: number;
  /** Whether the model has a head that grows, with outputs of classes that were not trained. Default: false. */
  readonly hasGrowingHead?: boolean;
}

/**
 * What a strategy minimises: the mean over the minibatch of a loss of outputs [B, C] and targets. Targets are class ids
 * `y` [B], or numbers `values` [B, C] where the samples have them; `y` is all 0 then.
 */
export interface Criterion {
  /** The kinds of targets that it can be given; a strategy refuses others before training. Default: class ids alone. */
  readonly targets?: readonly TargetKind[];
  /**
   * Whether outputs are logits to it. A softmax or sigmoid that the model ends with is left out then, in training and
   * in what the strategy predicts. Default: false, outputs are taken as the model gives them.
   */
  readonly ofLogits?: boolean;
  /**
   * Whether the loss is linear in the targets' distribution, so that samples of two classes can be trained on by their
   * shares. Default: false.
   */
  readonly takesSoftTargets?: boolean;
  /** Refuses, before anything is trained, what it cannot work with; the kind of targets is among `targets`. */
  assertUsable?(data: CriterionData): void;
  /**
   * For a criterion that follows what a strategy is trained on: one for this strategy alone, to be used in its place.
   * Default: one serves several.
   */
  forStrategy?(): Criterion;
  /** How such a criterion follows training; called behind the plugins that the strategy was given. */
  readonly plugin?: StrategyPlugin | undefined;
  /** The same loss for the replicas' graph, where it can be computed there. */
  createObjective?(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter;
  /** The loss and its gradient, on the coordinator. */
  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient | Promise<LossAndGradient>;
}

/**
 * A loss written with TF.js: outputs [B, C] and class ids [B] (int32) to a scalar. Its tensors are inside a tidy. One
 * with three parameters takes targets that are numbers, too: `values` [B, C], undefined for class ids.
 */
export type CriterionFunction = (output: tf.Tensor2D, y: tf.Tensor1D, values?: tf.Tensor2D) => tf.Scalar;

/** Turns a TF.js function into a criterion; such a step is always split. */
export function createCriterion(criterion: Criterion | CriterionFunction): Criterion {
  if (typeof criterion !== "function") return criterion;
  return {
    targets: criterion.length < 3 ? CLASSES_ONLY : TARGET_KINDS,
    async evaluate(output, y, values) {
      const { differentiateOnOutput } = await import("./loss_terms.ts");
      return differentiateOnOutput(output, (tensor, tf) =>
        criterion(
          tensor,
          tf.tensor1d(Int32Array.from(y), "int32"),
          values && tf.tensor2d(values.data.slice(), [...matrixShape(values.shape)]),
        ),
      );
    },
  };
}
