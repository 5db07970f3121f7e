import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions } from "../../../../core/options/assert_options.ts";
import { flag, oneOf } from "../../../../core/options/value_rules.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";
import { takeShape } from "./kernel_layer.ts";

/** What Keras writes of these layers besides; only this is computed. */
interface GlobalPooling3DOptions {
  readonly name?: string;
  readonly dataFormat?: "channelsLast";
  readonly keepdims?: boolean;
}

const RULES = { dataFormat: oneOf(["channelsLast"]), keepdims: flag(), ...LAYER_RULES };

/** The mean of each channel of [N, D, H, W, C]: the layer that Keras has and TF.js 4.22 has not. */
export class GlobalAveragePooling3D extends tf.layers.Layer {
  static readonly className = "GlobalAveragePooling3D";

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: GlobalPooling3DOptions = {}) {
    super(readOptions("GlobalAveragePooling3D", options));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return leaveChannels(this, inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mean(readInput(this, inputs, 0), [1, 2, 3]);
  }
}

/** The largest value of each channel of [N, D, H, W, C]: the layer that Keras has and TF.js 4.22 has not. */
export class GlobalMaxPooling3D extends tf.layers.Layer {
  static readonly className = "GlobalMaxPooling3D";

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: GlobalPooling3DOptions = {}) {
    super(readOptions("GlobalMaxPooling3D", options));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return leaveChannels(this, inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.max(readInput(this, inputs, 0), [1, 2, 3]);
  }
}

tf.serialization.registerClass(GlobalAveragePooling3D);
tf.serialization.registerClass(GlobalMaxPooling3D);

function readOptions(name: string, options: GlobalPooling3DOptions): object {
  assertOptions(name, options, RULES);
  const { dataFormat: _, keepdims, ...settings } = options;
  if (keepdims) throw new RangeRefusal(needs(name, "keepdims false", keepdims));
  return settings;
}

function leaveChannels(layer: tf.layers.Layer, inputShape: tf.Shape | tf.Shape[]): tf.Shape {
  const shape = takeShape(inputShape);
  if (shape.length !== 5) throw new RangeRefusal(needs(`${layer.name}`, "an input [N, D, H, W, C]", shape));
  return [shape[0] ?? null, shape[4] ?? null];
}
