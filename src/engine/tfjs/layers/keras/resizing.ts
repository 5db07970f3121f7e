import { elementAt } from "../../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions } from "../../../../core/options/assert_options.ts";
import { flag, oneOf, required, wholeNumber } from "../../../../core/options/value_rules.ts";
import { createCentredResizing, type Interpolation } from "../../../../onnx/layers/windows/resizing.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";
import { pickLayerOptions, takeShape } from "./kernel_layer.ts";

/** What a `Resizing` layer is made of: the names and defaults are Keras's. */
interface ResizingOptions {
  readonly name?: string;
  readonly height: number;
  readonly width: number;
  /** Default: "bilinear". */
  readonly interpolation?: Interpolation;
  readonly cropToAspectRatio?: boolean;
  readonly padToAspectRatio?: boolean;
  readonly antialias?: boolean;
  readonly dataFormat?: "channelsLast";
  readonly fillMode?: string;
  readonly fillValue?: number;
  readonly inputShape?: number[];
}

const RULES = {
  height: required(wholeNumber(1)),
  width: required(wholeNumber(1)),
  interpolation: oneOf(["bilinear", "nearest"]),
  cropToAspectRatio: flag(),
  padToAspectRatio: flag(),
  antialias: flag(),
  dataFormat: oneOf(["channelsLast"]),
  fillMode: oneOf(["constant"]),
  fillValue: wholeNumber(0, 0),
  ...LAYER_RULES,
};

/**
 * Images [N, H, W, C] in another size, pixels counted from their centres, as Keras does it. It stands in the place of
 * TF.js's layer of that name, which counts otherwise and says that its output has another shape than it has.
 */
export class Resizing extends tf.layers.Layer {
  static readonly className = "Resizing";
  readonly #settings: { readonly height: number; readonly width: number; readonly interpolation: Interpolation };

  /** @throws {TypeError} If an option has no such name. {RangeError} If it crops or pads, or smooths. */
  constructor(options: ResizingOptions) {
    assertOptions("Resizing", options, RULES);
    const { height, width, interpolation = "bilinear", cropToAspectRatio, padToAspectRatio, antialias } = options;
    if (cropToAspectRatio || padToAspectRatio || antialias) {
      throw new RangeRefusal(needs("Resizing", "no cropping, padding and antialias", options));
    }
    super(pickLayerOptions(options));
    this.#settings = { height, width, interpolation };
  }

  /** @throws {RangeError} If the input are no images. */
  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = takeShape(inputShape);
    if (shape.length !== 4) throw new RangeRefusal(needs(`${this.name}`, "an input [N, H, W, C]", shape));
    return [shape[0] ?? null, this.#settings.height, this.#settings.width, shape[3] ?? null];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const { height, width, interpolation } = this.#settings;
      const tall = resizeAxis(readInput(this, inputs, 0), { axis: 1, to: height, interpolation });
      return resizeAxis(tall, { axis: 2, to: width, interpolation });
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#settings };
  }
}

tf.serialization.registerClass(Resizing);

interface Axis {
  readonly axis: 1 | 2;
  readonly to: number;
  readonly interpolation: Interpolation;
}

/** A product with a matrix, the axis in front. */
function resizeAxis(x: tf.Tensor, { axis, to, interpolation }: Axis): tf.Tensor {
  const from = elementAt(x.shape, axis);
  const matrix = tf.tensor2d(createCentredResizing({ from, to, interpolation }), [from, to]);
  // Both orders are their own inverses.
  const order = axis === 1 ? [1, 0, 2, 3] : [2, 1, 0, 3];
  const turned = tf.transpose(x, order);
  const product = tf.matMul(matrix, tf.reshape<tf.Rank.R2>(turned, [from, -1]), true);
  return tf.transpose(tf.reshape(product, [to, ...turned.shape.slice(1)]), order);
}
