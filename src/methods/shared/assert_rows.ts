import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { findRowDemand } from "../../engine/tfjs/row_demand.ts";

/**
 * Checks the sizes of batches that go through a model in training beside the minibatch.
 * @param subject What takes the sizes: "DERPlugin".
 * @throws {RangeRefusal} If one is 1 and a layer normalises by the batch's variance.
 */
export function assertRows(
  subject: string,
  model: tf.LayersModel,
  sizes: Readonly<Record<string, number | undefined>>,
): void {
  const layer = findRowDemand(model);
  if (layer === undefined) return;
  for (const [name, size] of Object.entries(sizes)) {
    if (size === undefined || size >= 2) continue;
    const reason = `for the layer "${layer}", which normalizes by the batch's variance`;
    throw new RangeRefusal(`${subject}: ${name} must be at least 2 ${reason}, got ${size}`);
  }
}
