import { elementAt } from "../../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions } from "../../../../core/options/assert_options.ts";
import { either, listOf, oneOf, wholeNumber } from "../../../../core/options/value_rules.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";
import { pickLayerOptions, takeShape } from "./kernel_layer.ts";

/** What these layers are made of: the names and defaults are Keras's. */
interface RepeatingOptions {
  readonly name?: string;
  /** One number for all axes, or one an axis. Default: 2. */
  readonly size?: number | readonly number[];
}

const RULES = {
  size: either(wholeNumber(1), listOf(wholeNumber(1), 1)),
  dataFormat: oneOf(["channelsLast"]),
  ...LAYER_RULES,
};

/** Repeats each value of [N, …, C] along the axes between rows and channels. */
abstract class RepeatingLayer extends tf.layers.Layer {
  readonly #factors: readonly number[];

  constructor(options: RepeatingOptions, { className, axes }: { readonly className: string; readonly axes: number }) {
    assertOptions(className, options, RULES);
    const { size = 2 } = options;
    const factors = typeof size === "number" ? new Array<number>(axes).fill(size) : size;
    if (factors.length !== axes) throw new RangeRefusal(needs(className, `a size of ${axes} axes`, size));
    super(pickLayerOptions(options));
    this.#factors = factors;
  }

  /** @throws {RangeError} If the input has not these axes. */
  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = takeShape(inputShape);
    const rank = this.#factors.length + 2;
    if (shape.length !== rank) throw new RangeRefusal(needs(`${this.name}`, `an input of rank ${rank}`, shape));
    return shape.map((length, axis) => (length === null ? null : length * (this.#factors[axis - 1] ?? 1)));
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const repeated = this.#factors.reduce((x, times, i) => repeat(x, i + 1, times), readInput(this, inputs, 0));
      return repeated.clone();
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), size: [...this.#factors] };
  }
}

/** x with each value along an axis several times in a row. */
function repeat(x: tf.Tensor, axis: number, times: number): tf.Tensor {
  const before = x.shape.slice(0, axis).reduce((product, length) => product * length, 1);
  const length = elementAt(x.shape, axis);
  const rows = tf.reshape(x, [before * length, 1, -1]);
  const repeated = tf.concat(new Array<tf.Tensor>(times).fill(rows), 1);
  return tf.reshape(repeated, x.shape.with(axis, length * times));
}

/** Each time of sequences [N, T, C] several times in a row: the layer that Keras has and TF.js 4.22 has not. */
export class UpSampling1D extends RepeatingLayer {
  static readonly className = "UpSampling1D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: RepeatingOptions = {}) {
    super(options, { className: "UpSampling1D", axes: 1 });
  }
}

/** Volumes [N, D, H, W, C] larger by whole factors: the layer that Keras has and TF.js 4.22 has not. */
export class UpSampling3D extends RepeatingLayer {
  static readonly className = "UpSampling3D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: RepeatingOptions = {}) {
    super(options, { className: "UpSampling3D", axes: 3 });
  }
}

tf.serialization.registerClass(UpSampling1D);
tf.serialization.registerClass(UpSampling3D);
