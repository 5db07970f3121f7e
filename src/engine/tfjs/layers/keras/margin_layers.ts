import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions } from "../../../../core/options/assert_options.ts";
import { anything, oneOf } from "../../../../core/options/value_rules.ts";
import { type Margin, parseMargins } from "../../../../onnx/layers/read_setting.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";
import { pickLayerOptions, takeShape } from "./kernel_layer.ts";

/** Places before and behind each axis: one number for all, one an axis, a pair an axis, or a pair for a single axis. */
type Margins = number | readonly number[] | readonly Margin[];

/** What zeros around something are made of: the names and defaults are Keras's. */
interface PaddingOptions {
  readonly name?: string;
  /** Default: 1. */
  readonly padding?: Margins;
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

/** What taking something off is made of: the names and defaults are Keras's. */
interface CroppingOptions {
  readonly name?: string;
  /** Default: 1. */
  readonly cropping?: Margins;
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

/** What both kinds of layers have in common: the axes between rows and channels, and a margin of each. */
abstract class MarginLayer extends tf.layers.Layer {
  protected readonly margins: readonly Margin[];

  constructor(options: object, { key, axes }: { readonly key: string; readonly axes: number }) {
    assertOptions(`A layer of ${key}`, options, {
      [key]: anything(),
      dataFormat: oneOf(["channelsLast"]),
      ...LAYER_RULES,
    });
    super(pickLayerOptions(options));
    const given: unknown = Reflect.get(options, key) ?? 1;
    const margins = parseMargins(given, axes);
    if (!margins) throw new RangeRefusal(needs(`${this.name}: ${key}`, "a list of pairs of whole numbers", given));
    this.margins = margins;
  }

  /** The length of an axis after margins were added to it, or taken off. */
  protected abstract changeLength(length: number, margin: number): number;

  /** @throws {RangeError} If the input has not these axes, or nothing is left of one. */
  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = takeShape(inputShape);
    const rank = this.margins.length + 2;
    if (shape.length !== rank) throw new RangeRefusal(needs(`${this.name}`, `an input of rank ${rank}`, shape));
    return shape.map((length, axis) => {
      const margin = this.margins[axis - 1];
      if (length === null || !margin) return length;
      const changed = this.changeLength(length, margin[0] + margin[1]);
      if (changed < 1) throw new RangeRefusal(needs(`${this.name}`, "something left of each axis", shape));
      return changed;
    });
  }
}

/** Zeros around what is given, [N, …, C]. */
abstract class ZeroPadding extends MarginLayer {
  protected override changeLength(length: number, margin: number): number {
    return length + margin;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const around: [number, number][] = [[0, 0], ...this.margins.map(([a, b]): [number, number] => [a, b]), [0, 0]];
    return tf.pad(readInput(this, inputs, 0), around);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), padding: copyMargins(this.margins) };
  }
}

/** What is given, [N, …, C], without places at the ends of its axes. */
abstract class Cropping extends MarginLayer {
  protected override changeLength(length: number, margin: number): number {
    return length - margin;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = readInput(this, inputs, 0);
    const begin = [0, ...this.margins.map(([before]) => before), 0];
    const size = x.shape.map((length, axis) => length - (this.margins[axis - 1] ?? []).reduce((a, b) => a + b, 0));
    return tf.slice(x, begin, size);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), cropping: copyMargins(this.margins) };
  }
}

/** Zeros before and behind sequences [N, T, C]: the layer that Keras has and TF.js 4.22 has not. */
export class ZeroPadding1D extends ZeroPadding {
  static readonly className = "ZeroPadding1D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the padding is of another kind. */
  constructor(options: PaddingOptions = {}) {
    super(options, { key: "padding", axes: 1 });
  }
}

/** Zeros around volumes [N, D, H, W, C]: the layer that Keras has and TF.js 4.22 has not. */
export class ZeroPadding3D extends ZeroPadding {
  static readonly className = "ZeroPadding3D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the padding is of another kind. */
  constructor(options: PaddingOptions = {}) {
    super(options, { key: "padding", axes: 3 });
  }
}

/** Sequences [N, T, C] without some of their times: the layer that Keras has and TF.js 4.22 has not. */
export class Cropping1D extends Cropping {
  static readonly className = "Cropping1D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the cropping is of another kind. */
  constructor(options: CroppingOptions = {}) {
    super(options, { key: "cropping", axes: 1 });
  }
}

/** Volumes [N, D, H, W, C] without some of their edges: the layer that Keras has and TF.js 4.22 has not. */
export class Cropping3D extends Cropping {
  static readonly className = "Cropping3D";

  /** @throws {TypeError} If an option has no such name. {RangeError} If the cropping is of another kind. */
  constructor(options: CroppingOptions = {}) {
    super(options, { key: "cropping", axes: 3 });
  }
}

tf.serialization.registerClass(ZeroPadding1D);
tf.serialization.registerClass(ZeroPadding3D);
tf.serialization.registerClass(Cropping1D);
tf.serialization.registerClass(Cropping3D);

function copyMargins(margins: readonly Margin[]): number[][] {
  return margins.map(([before, behind]) => [before, behind]);
}
