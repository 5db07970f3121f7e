import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions } from "../../../../core/options/assert_options.ts";
import { anything, flag } from "../../../../core/options/value_rules.ts";
import { LEAST_DEVIATION } from "../../../../onnx/layers/normalization/fixed_normalization.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput, readWeight } from "../masked_logits.ts";
import { takeShape } from "./kernel_layer.ts";

/** What a `Normalization` layer is made of: the names and defaults are Keras's. */
interface NormalizationOptions {
  readonly name?: string;
  /** Of the features: the last, or null for one mean and variance of all values. Default: −1. */
  readonly axis?: number | readonly number[] | null;
  /** Default: weights, which a file holds. */
  readonly mean?: number | readonly number[] | null;
  readonly variance?: number | readonly number[] | null;
  /** Multiplies by the deviation and adds the mean. Default: false. */
  readonly invert?: boolean;
  readonly inputShape?: number[];
}

const RULES = { axis: anything(), mean: anything(), variance: anything(), invert: flag(), ...LAYER_RULES };

/**
 * (x − mean) / max(√variance, 10⁻⁷) of features [N, …, C], by numbers that were measured before: the layer that Keras
 * has and TF.js 4.22 has not. No training moves them.
 */
export class Normalization extends tf.layers.Layer {
  static readonly className = "Normalization";
  readonly #settings: { readonly axis: unknown; readonly mean: unknown; readonly variance: unknown };
  readonly #isInverse: boolean;
  #mean: tf.LayerVariable | undefined;
  #variance: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: NormalizationOptions = {}) {
    assertOptions("Normalization", options, RULES);
    const { axis = -1, mean = null, variance = null, invert = false, ...rest } = options;
    super({ ...rest });
    this.#settings = { axis, mean, variance };
    this.#isInverse = invert;
  }

  /** @throws {RangeError} If the axis is not the last one. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = takeShape(inputShape);
    const features = shape.at(-1);
    const { axis, mean, variance } = this.#settings;
    const axes = [axis].flat();
    const isOfAll = axis === null && mean !== null;
    const isLast = axes.length === 1 && (axes[0] === -1 || axes[0] === shape.length - 1);
    if (typeof features !== "number" || !(isOfAll || isLast) || (mean === null) !== (variance === null)) {
      throw new RangeRefusal(needs(`${this.name}`, "mean and variance of features on the last axis", this.#settings));
    }
    if (mean === null) {
      this.#mean = this.addWeight("mean", [features], "float32", tf.initializers.zeros(), undefined, false);
      this.#variance = this.addWeight("variance", [features], "float32", tf.initializers.ones(), undefined, false);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return takeShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = readInput(this, inputs, 0);
      const mean = this.#read(this.#mean, this.#settings.mean);
      const deviation = tf.maximum(tf.sqrt(this.#read(this.#variance, this.#settings.variance)), LEAST_DEVIATION);
      return this.#isInverse ? tf.add(tf.mul(x, deviation), mean) : tf.div(tf.sub(x, mean), deviation);
    });
  }

  #read(weight: tf.LayerVariable | undefined, given: unknown): tf.Tensor {
    return given === null ? readWeight(this, weight) : tf.tensor1d([given].flat(8).map(Number));
  }

  override getConfig(): tf.serialization.ConfigDict {
    const settings = JSON.parse(JSON.stringify({ ...this.#settings, invert: this.#isInverse }));
    return { ...super.getConfig(), ...settings };
  }
}

tf.serialization.registerClass(Normalization);
