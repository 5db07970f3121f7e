import * as tf from "../../engine/tfjs/tensorflow.ts";

/** The classes of layers that `listGrowingHeads` reads. */
const GROWING_CLASSES = new Set(["IncrementalClassifier", "MultiHeadClassifier", "ProgressiveNetwork"]);

/** What was found out about models, and how many layers they had then. */
const known = new WeakMap<tf.LayersModel, { readonly layers: number; readonly isGrowing: boolean }>();

/**
 * Whether a model, or one within it, ends in a head that grows. The loop asks at each experience: its JSON, which says
 * how wide heads are, is not made, and a model's layers are looked at once.
 */
export function hasGrowingHead(model: tf.LayersModel): boolean {
  const { layers } = model;
  const found = known.get(model);
  if (found?.layers === layers.length) return found.isGrowing;
  const isGrowing = layers.some((layer) =>
    layer instanceof tf.LayersModel ? hasGrowingHead(layer) : GROWING_CLASSES.has(layer.getClassName()),
  );
  known.set(model, { layers: layers.length, isGrowing });
  return isGrowing;
}
