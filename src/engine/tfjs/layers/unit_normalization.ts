import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { either, listOf, wholeNumber } from "../../../core/options/value_rules.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { readInput } from "./masked_logits.ts";

/** What a `UnitNormalization` layer is made of. */
export interface UnitNormalizationOptions {
  readonly name?: string;
  /** Axes that are normalised over together, counted with the batch as axis 0. Default: −1. */
  readonly axis?: number | readonly number[];
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

const AXIS = wholeNumber(-8, 8);
const RULES: OptionRules<UnitNormalizationOptions & LayerOptions> = {
  axis: either(AXIS, listOf(AXIS, 1)),
  ...LAYER_RULES,
};

/**
 * Divides by the length: y = x / √Σx² along an axis. The layer that Keras has and TF.js 4.22 has not; both engines
 * compute it and exported files hold it.
 */
export class UnitNormalization extends tf.layers.Layer {
  static readonly className = "UnitNormalization";
  readonly #axes: number[];

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: UnitNormalizationOptions = {}) {
    assertOptions("UnitNormalization", options, RULES);
    const { axis = -1, ...rest } = options;
    super({ ...rest });
    this.#axes = [axis].flat();
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = readInput(this, inputs, 0);
      const sum = tf.sum(tf.square(x), this.#axes, true);
      return tf.div(x, tf.sqrt(tf.maximum(sum, 1e-12)));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first] = inputShape;
    return Array.isArray(first) ? first : inputShape.map((length) => (typeof length === "number" ? length : null));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), axis: this.#axes };
  }
}

tf.serialization.registerClass(UnitNormalization);
