import { assertOptions } from "../../../../core/options/assert_options.ts";
import { number, oneOf, required } from "../../../../core/options/value_rules.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";
import { pickLayerOptions } from "./kernel_layer.ts";

/** What these layers are made of: the names are Keras's. */
interface SpatialDropoutOptions {
  readonly name?: string;
  /** How many of the channels are dropped. */
  readonly rate: number;
}

const RULES = {
  rate: required(number({ atLeast: 0, below: 1 })),
  dataFormat: oneOf(["channelsLast"]),
  ...LAYER_RULES,
};

/** Drops whole channels in training. What is dropped, engines decide: see `takeOverDropout`. */
abstract class SpatialDropout extends tf.layers.Layer {
  readonly #rate: number;

  constructor(options: SpatialDropoutOptions, className: string) {
    assertOptions(className, options, RULES);
    super(pickLayerOptions(options));
    this.#rate = options.rate;
    this.supportsMasking = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return readInput(this, inputs, 0);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.#rate };
  }
}

/** Drops whole channels of images [N, H, W, C]: the layer that Keras has and TF.js 4.22 has not. */
export class SpatialDropout2D extends SpatialDropout {
  static readonly className = "SpatialDropout2D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the rate is out of range. */
  constructor(options: SpatialDropoutOptions) {
    super(options, "SpatialDropout2D");
  }
}

/** Drops whole channels of volumes [N, D, H, W, C]: the layer that Keras has and TF.js 4.22 has not. */
export class SpatialDropout3D extends SpatialDropout {
  static readonly className = "SpatialDropout3D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the rate is out of range. */
  constructor(options: SpatialDropoutOptions) {
    super(options, "SpatialDropout3D");
  }
}

tf.serialization.registerClass(SpatialDropout2D);
tf.serialization.registerClass(SpatialDropout3D);
