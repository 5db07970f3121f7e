import * as tf from "../../engine/tfjs/tensorflow.ts";

/** The classes of layers that `listGrowingHeads` reads. */
const GROWING_CLASSES = new Set(["IncrementalClassifier", "MultiHeadClassifier", "ProgressiveNetwork"]);

/**
 * Whether a model, or one within it, ends in a head that grows. The loop asks at each experience: its JSON, which says
 * how wide heads are, is not made.
 */
export function hasGrowingHead(model: tf.LayersModel): boolean {
  return model.layers.some((layer) =>
    layer instanceof tf.LayersModel ? hasGrowingHead(layer) : GROWING_CLASSES.has(layer.getClassName()),
  );
}
