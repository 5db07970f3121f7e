import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { tabulateHeadUnits } from "../../../core/head_units.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { listOf, required, wholeNumber } from "../../../core/options/value_rules.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { MASKING_RULES, type MaskingOptions, maskLogits, readInput, readWeight } from "./masked_logits.ts";

/** What a `MultiHeadClassifier` is made of. */
export interface MultiHeadClassifierOptions extends MaskingOptions {
  readonly name?: string;
  readonly trainable?: boolean;
  /** How many units the head of each task label has: the first number is label 0's. 0 stands for no head yet. */
  readonly headUnits: readonly number[];
}

const MULTI_HEAD_CLASSIFIER_RULES: OptionRules<MultiHeadClassifierOptions & LayerOptions> = {
  headUnits: required(listOf(wholeNumber(), 1)),
  ...MASKING_RULES,
  ...LAYER_RULES,
};

/**
 * A linear classifier with a head a task label: features [N, in] and labels [N] (int32) to [N, units], where sample n
 * is answered by the head of its label, and `units` is the widest head's width. With masking, all columns but those of
 * classes that the head was trained on answer `maskValue`: `active` [tasks, units] says which were. Without, columns
 * that a head has not answer 0. The kernel is [tasks, in, units]. Weights begin at zero; model builders draw them.
 * Engines refuse labels without a head.
 *
 * Avalanche's MultiHeadClassifier (Lomonaco et al. 2021, arXiv:2104.00405), but for columns that other heads have and
 * this one has not: there they are 0 even with masking, and so win over negative logits of the head's own classes.
 */
export class MultiHeadClassifier extends tf.layers.Layer {
  static readonly className = "MultiHeadClassifier";
  readonly headUnits: readonly number[];
  /** U, the width of the output. */
  readonly units: number;
  readonly masking: boolean;
  readonly maskValue: number;
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;
  #active: tf.LayerVariable | undefined;

  /** @throws {RangeError} If no head has a unit, a number is not whole or negative, or `maskValue` is not finite. */
  constructor(options: MultiHeadClassifierOptions) {
    assertOptions("MultiHeadClassifier", options, MULTI_HEAD_CLASSIFIER_RULES);
    super({ ...options });
    const { masking = true, maskValue = -1000 } = options;
    this.headUnits = [...options.headUnits];
    this.units = Math.max(0, ...options.headUnits);
    this.masking = masking;
    this.maskValue = maskValue;
    if (this.units === 0)
      throw new RangeRefusal("MultiHeadClassifier: headUnits must have a head with a unit, got 0 in each");
  }

  /** @throws {RangeError} If the inputs are not [N, in] and [N]. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [[, features, ...others] = [], labels] = inputShape.filter(Array.isArray);
    if (typeof features !== "number" || others.length > 0 || labels?.length !== 1) {
      const wanted = "two inputs, features [N, in] and task labels [N]";
      throw new RangeRefusal(needs(`${this.name}`, wanted, inputShape));
    }
    const zeros = tf.initializers.zeros();
    const heads = [this.headUnits.length, this.units];
    this.#kernel = this.addWeight("kernel", heads.toSpliced(1, 0, features), "float32", zeros);
    this.#bias = this.addWeight("bias", heads, "float32", zeros);
    this.#active = this.addWeight("active", heads, "float32", zeros, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [inputShape.flat()[0] ?? null, this.units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const tasks = this.headUnits.length;
      const labels = tf.cast(tf.expandDims(readInput(this, inputs, 1), 1), "int32");
      // Not oneHot, which refuses a depth of 1.
      const chosen = tf.cast(tf.equal(labels, tf.range(0, tasks, 1, "int32")), "float32");
      const all = this.#computeAllHeads(readInput(this, inputs, 0));
      const logits = tf.sum(tf.mul(all, tf.expandDims(chosen, 2)), 1);
      if (this.masking) return maskLogits(logits, tf.matMul(chosen, readWeight(this, this.#active)), this.maskValue);
      const present = tf.tensor2d(tabulateHeadUnits(this.headUnits), [tasks, this.units]);
      return tf.mul(logits, tf.matMul(chosen, present));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { masking, maskValue } = this;
    return { ...super.getConfig(), headUnits: [...this.headUnits], masking, maskValue };
  }

  /** [N, tasks, units] */
  #computeAllHeads(features: tf.Tensor): tf.Tensor {
    const columns = this.headUnits.length * this.units;
    // One product for all heads.
    const kernel = tf.reshape(tf.transpose(readWeight(this, this.#kernel), [1, 0, 2]), [-1, columns]);
    const bias = tf.reshape(readWeight(this, this.#bias), [columns]);
    return tf.reshape(tf.add(tf.matMul(features, kernel), bias), [-1, this.headUnits.length, this.units]);
  }
}

tf.serialization.registerClass(MultiHeadClassifier);
