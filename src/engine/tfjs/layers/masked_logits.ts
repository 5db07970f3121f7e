import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import type { OptionRules } from "../../../core/options/assert_options.ts";
import { flag, number } from "../../../core/options/value_rules.ts";
import * as tf from "../tensorflow.ts";

/** How a growing classifier answers for units whose class was not trained on. */
export interface MaskingOptions {
  /** Whether they answer `maskValue` instead of what their weights say. Default: true. */
  readonly masking?: boolean;
  /** Default: −1000, a probability of 0 after a softmax. */
  readonly maskValue?: number;
}

/** What `MaskingOptions` may be; the mask is a float32. */
export const MASKING_RULES: OptionRules<MaskingOptions> = {
  masking: flag(),
  maskValue: number({ atLeast: -3e38, atMost: 3e38 }),
};

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
  if (!input) throw new TypeRefusal(needs(`${layer.name}`, `an input ${index}`, input));
  return input;
}

/** A weight's value, live. It stays the layer's. @throws {TypeError} If the layer was not built. */
export function readWeight(layer: tf.layers.Layer, weight: tf.LayerVariable | undefined): tf.Tensor {
  if (!weight) throw new TypeRefusal(needs(`${layer.name}`, "a layer that was built", weight));
  return weight.read();
}
