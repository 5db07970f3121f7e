import * as tf from "@tensorflow/tfjs";
import { assertInRange, cannot, TypeRefusal } from "../../core/errors.ts";

/** How a growing classifier answers for units whose class was not trained on. */
export interface MaskingOptions {
  /** Whether they answer `maskValue` instead of what their weights say; true if left out. */
  readonly masking?: boolean;
  /** −1000 if left out: a probability of 0 after a softmax. */
  readonly maskValue?: number;
}

/** Fills in the defaults. @throws {RangeError} If `maskValue` is not a finite number. */
export function resolveMasking(act: string, { masking = true, maskValue = -1000 }: MaskingOptions) {
  assertInRange(act, "maskValue", maskValue, [-3e38, 3e38]);
  return { masking, maskValue };
}

/**
 * `maskValue` in place of the logits [N, U] whose unit is not active; `active` is [U] or [N, U], of zeros and ones. The
 * caller owns the result.
 */
export function maskLogits(logits: tf.Tensor, active: tf.Tensor, maskValue: number): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(logits, active), tf.mul(tf.sub(1, active), maskValue)));
}

/** The input number `index` of a call. It stays the caller's. @throws {TypeError} If there is none. */
export function readInput(layer: tf.layers.Layer, inputs: tf.Tensor | readonly tf.Tensor[], index: number): tf.Tensor {
  const input = inputs instanceof tf.Tensor ? [inputs][index] : inputs[index];
  if (!input) throw new TypeRefusal(cannot(`call ${layer.name}`, `an input ${index}`, input));
  return input;
}

/** A weight's value, live. It stays the layer's. @throws {TypeError} If the layer was not built. */
export function readWeight(layer: tf.layers.Layer, weight: tf.LayerVariable | undefined): tf.Tensor {
  if (!weight) throw new TypeRefusal(cannot(`call ${layer.name}`, "a layer that was built", weight));
  return weight.read();
}
