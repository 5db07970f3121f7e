import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { required, wholeNumber } from "../../../core/options/value_rules.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { MASKING_RULES, type MaskingOptions, maskLogits, readInput, readWeight } from "./masked_logits.ts";

/** What an `IncrementalClassifier` is made of. */
export interface IncrementalClassifierOptions extends MaskingOptions {
  readonly name?: string;
  readonly trainable?: boolean;
  /** C, the width it has until it grows. */
  readonly units: number;
}

const INCREMENTAL_CLASSIFIER_RULES: OptionRules<IncrementalClassifierOptions & LayerOptions> = {
  units: required(wholeNumber(1)),
  ...MASKING_RULES,
  ...LAYER_RULES,
};

/**
 * A linear classifier [N, in] to [N, units] that strategies widen when classes appear. With masking, a unit answers
 * `maskValue` until an experience with its class was trained on: the weight `active` [units], 0 or 1 and without a
 * gradient, says so. Weights begin at zero; model builders draw them.
 * Avalanche's IncrementalClassifier (Lomonaco et al. 2021, arXiv:2104.00405).
 */
export class IncrementalClassifier extends tf.layers.Layer {
  static readonly className = "IncrementalClassifier";
  readonly units: number;
  readonly masking: boolean;
  readonly maskValue: number;
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;
  #active: tf.LayerVariable | undefined;

  /** @throws {RangeError} If `units` is not a whole number of at least 1, or `maskValue` not finite. */
  constructor(options: IncrementalClassifierOptions) {
    assertOptions("IncrementalClassifier", options, INCREMENTAL_CLASSIFIER_RULES);
    super({ ...options });
    const { masking = true, maskValue = -1000 } = options;
    this.units = options.units;
    this.masking = masking;
    this.maskValue = maskValue;
  }

  /** @throws {RangeError} If the input is not [N, in]. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [, features, ...others] = inputShape.flat();
    if (typeof features !== "number" || others.length > 0) {
      throw new RangeRefusal(needs(`${this.name}`, "an input [N, in]", inputShape));
    }
    const zeros = tf.initializers.zeros();
    this.#kernel = this.addWeight("kernel", [features, this.units], "float32", zeros);
    this.#bias = this.addWeight("bias", [this.units], "float32", zeros);
    this.#active = this.addWeight("active", [this.units], "float32", zeros, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [inputShape.flat()[0] ?? null, this.units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const kernel = readWeight(this, this.#kernel);
      const logits = tf.add(tf.matMul(readInput(this, inputs, 0), kernel), readWeight(this, this.#bias));
      return this.masking ? maskLogits(logits, readWeight(this, this.#active), this.maskValue) : logits;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units, masking: this.masking, maskValue: this.maskValue };
  }
}

tf.serialization.registerClass(IncrementalClassifier);
