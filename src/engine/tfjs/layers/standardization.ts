import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { STANDARDIZATION_TENSORS } from "../../../onnx/layers/normalization/standardization.ts";
import { LAYER_RULES } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { readInput, readWeight } from "./masked_logits.ts";

/** What a `Standardization` layer is made of. */
export interface StandardizationOptions {
  readonly name?: string;
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

/**
 * The first layer of a model that takes features as they were measured, [N, …, C]: subtracts the running mean of each
 * feature c and divides by its running deviation. Strategies update both before they train on an experience, from the
 * samples that it brings (`adaptStatistics`); gradients never do. Until then the layer changes nothing. Features that
 * never changed are divided by 1. Both engines compute it, and exported files hold it.
 * @example
 * const model = tf.sequential({
 *   layers: [new Standardization({ inputShape: [4] }), tf.layers.dense({ units: 3 })],
 * });
 */
export class Standardization extends tf.layers.Layer {
  static readonly className = "Standardization";
  #mean: tf.LayerVariable | undefined;
  #scale: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: StandardizationOptions = {}) {
    assertOptions("Standardization", options, LAYER_RULES);
    super({ ...options });
  }

  /** @throws {RangeError} If the number of features is open. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const features = inputShape.flat().at(-1);
    if (typeof features !== "number") {
      throw new RangeRefusal(needs(`${this.name}`, "an input [N, …, features]", inputShape));
    }
    const add = (name: keyof typeof STANDARDIZATION_TENSORS, initializer = tf.initializers.zeros()) => {
      const shape = [...STANDARDIZATION_TENSORS[name](features)];
      return this.addWeight(name, shape, "float32", initializer, undefined, false);
    };
    this.#mean = add("data_mean");
    this.#scale = add("data_scale", tf.initializers.ones());
    add("data_rest");
    add("data_count");
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const centred = tf.sub(readInput(this, inputs, 0), readWeight(this, this.#mean));
      return tf.div(centred, readWeight(this, this.#scale));
    });
  }
}

tf.serialization.registerClass(Standardization);
