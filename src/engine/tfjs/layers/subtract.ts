import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { LAYER_RULES } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { readInput } from "./masked_logits.ts";

/**
 * The first of two inputs minus the second, elementwise: the merging layer that Keras has and TF.js 4.22 has not. Both
 * are of one shape. Both engines compute it and exported files hold it.
 */
export class Subtract extends tf.layers.Layer {
  static readonly className = "Subtract";

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: { readonly name?: string } = {}) {
    assertOptions("Subtract", options, LAYER_RULES);
    super({ ...options });
  }

  /** @throws {RangeError} If there are not two inputs of one shape. */
  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shapes = inputShape.filter((shape) => Array.isArray(shape));
    const [first, second] = shapes;
    if (shapes.length !== 2 || !first || first.join() !== second?.join()) {
      throw new RangeRefusal(needs(`${this.name}`, "two inputs of one shape", inputShape));
    }
    return first;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.sub(readInput(this, inputs, 0), readInput(this, inputs, 1));
  }
}

tf.serialization.registerClass(Subtract);
