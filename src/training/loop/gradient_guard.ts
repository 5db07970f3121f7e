import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import type { CombinationRules } from "./combination_rules.ts";

/** A strategy that is about to train. */
interface TrainedStrategy extends CombinationRules {
  readonly model: tf.LayersModel;
  readonly plugins: readonly CombinationRules[];
}

/**
 * Checks that training changes something: the model has weights that are trained, or what is predicted comes from
 * elsewhere, such as statistics of features.
 * @throws {RangeRefusal} If all weights are frozen and neither the strategy nor a plugin has `replacesPredictions`.
 */
export function assertTrainsSomething(strategy: TrainedStrategy): void {
  const { model, plugins } = strategy;
  if (model.trainableWeights.length > 0) return;
  if ([strategy, ...plugins].some(({ traits = [] }) => traits.includes("replacesPredictions"))) return;
  const rule = `${strategy.constructor.name} trains by gradient, and no weight of the model "${model.name}" is trained`;
  const cure = "let some be (trainable, head=replace), or learn from its features (ncm, streaming-lda, ranpac, fecam)";
  throw new RangeRefusal(`${rule}: ${cure}`);
}
