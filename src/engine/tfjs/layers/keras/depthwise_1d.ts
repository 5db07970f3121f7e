import { elementAt } from "../../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { anything, either, flag, listOf, oneOf, wholeNumber } from "../../../../core/options/value_rules.ts";
import { countPlaces, placeWindow } from "../../../../onnx/ops/windowing.ts";
import * as tf from "../../tensorflow.ts";
import { readInput, readWeight } from "../masked_logits.ts";
import { type ActivationName, activate, KernelLayer, takeShape } from "./kernel_layer.ts";

/** What a convolution of each channel of [N, L, C] by itself is made of: the names and defaults are Keras's. */
export interface DepthwiseConv1DOptions {
  readonly name?: string;
  readonly kernelSize: number | readonly number[];
  /** Default: 1. */
  readonly strides?: number | readonly number[];
  /** Default: "valid". */
  readonly padding?: "same" | "valid";
  /** Default: 1. */
  readonly dilationRate?: number | readonly number[];
  /** How many channels each becomes. Default: 1. */
  readonly depthMultiplier?: number;
  /** A name of TF.js's. Default: none. */
  readonly activation?: string | null;
  /** Default: true. */
  readonly useBias?: boolean;
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

/** The same, and how many channels a product with a matrix makes of them. */
export interface SeparableConv1DOptions extends DepthwiseConv1DOptions {
  readonly filters: number;
}

const LENGTH = either(wholeNumber(1), listOf(wholeNumber(1), 1));
const RULES = {
  kernelSize: LENGTH,
  strides: LENGTH,
  padding: oneOf(["same", "valid"]),
  dilationRate: LENGTH,
  depthMultiplier: wholeNumber(1),
  activation: anything(),
  useBias: flag(),
  dataFormat: oneOf(["channelsLast"]),
  groups: wholeNumber(1, 1),
};

/** What both layers have in common: the window, and what becomes of its channels. */
class Depthwise {
  readonly config: Required<Omit<DepthwiseConv1DOptions, "name" | "inputShape">>;
  readonly #kernelSize: number;
  readonly #strides: number;
  readonly #dilation: number;

  constructor(options: DepthwiseConv1DOptions) {
    const { kernelSize, strides = 1, padding = "valid", dilationRate = 1, depthMultiplier = 1 } = options;
    const { activation = null, useBias = true } = options;
    this.config = { kernelSize, strides, padding, dilationRate, depthMultiplier, activation, useBias };
    [this.#kernelSize, this.#strides, this.#dilation] = [
      takeFirst(kernelSize),
      takeFirst(strides),
      takeFirst(dilationRate),
    ];
  }

  kernelShape(channels: number): number[] {
    return [this.#kernelSize, channels, this.config.depthMultiplier];
  }

  /** The length of what a sequence of this length becomes. */
  countPlaces(length: number | null): number | null {
    if (length === null) return null;
    const settings = { kernel: [this.#kernelSize], strides: [this.#strides], dilations: [this.#dilation] };
    return countPlaces(placeWindow({ ...settings, padding: this.config.padding }, [length]), 0, length);
  }

  /** [N, L, C] to [N, places, C · multiplier], as images of one column. */
  convolve(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const [rows = 1, length = 1, channels = 1] = x.shape;
    const [taps = 1, , multiplier = 1] = kernel.shape;
    const images = tf.reshape<tf.Rank.R4>(x, [rows, length, 1, channels]);
    const filter = tf.reshape<tf.Rank.R4>(kernel, [taps, 1, channels, multiplier]);
    const strides: [number, number] = [this.#strides, this.#strides];
    const dilations: [number, number] = [this.#dilation, this.#dilation];
    return tf.squeeze(tf.depthwiseConv2d(images, filter, strides, this.config.padding, "NHWC", dilations), [2]);
  }

  finish(layer: tf.layers.Layer, y: tf.Tensor, bias: tf.LayerVariable | undefined): tf.Tensor {
    const shifted = bias ? tf.add(y, readWeight(layer, bias)) : y;
    return activate(layer, shifted, this.config.activation as ActivationName | null);
  }
}

/**
 * A convolution along sequences [N, L, C], each channel by itself: the layer that Keras has and TF.js 4.22 has not.
 * Both engines compute it and exported files hold it.
 */
export class DepthwiseConv1D extends KernelLayer {
  static readonly className = "DepthwiseConv1D";
  readonly #depthwise: Depthwise;
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: DepthwiseConv1DOptions) {
    super(options, "DepthwiseConv1D", { settings: RULES, weights: ["depthwise", "bias"] });
    this.#depthwise = new Depthwise(options);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = countChannels(this, inputShape);
    const { depthMultiplier, useBias } = this.#depthwise.config;
    this.#kernel = this.addKernel("depthwise_kernel", this.#depthwise.kernelShape(channels));
    if (useBias) this.#bias = this.addBias("bias", [channels * depthMultiplier]);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [rows = null, length = null, channels = null] = takeShape(inputShape);
    return [rows, this.#depthwise.countPlaces(length), Number(channels) * this.#depthwise.config.depthMultiplier];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const y = this.#depthwise.convolve(readInput(this, inputs, 0), readWeight(this, this.#kernel));
      return this.#depthwise.finish(this, y, this.#bias);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...copyConfig(this.#depthwise.config) };
  }
}

/**
 * A convolution of each channel of [N, L, C] by itself, then a product with a matrix: the layer that Keras has and
 * TF.js 4.22 has not. Both engines compute it and exported files hold it.
 */
export class SeparableConv1D extends KernelLayer {
  static readonly className = "SeparableConv1D";
  readonly #depthwise: Depthwise;
  readonly #filters: number;
  #kernel: tf.LayerVariable | undefined;
  #pointwise: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: SeparableConv1DOptions) {
    const weights = ["depthwise", "pointwise", "bias"];
    super(options, "SeparableConv1D", { settings: { ...RULES, filters: wholeNumber(1) }, weights });
    this.#depthwise = new Depthwise(options);
    this.#filters = options.filters;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = countChannels(this, inputShape);
    const { depthMultiplier, useBias } = this.#depthwise.config;
    this.#kernel = this.addKernel("depthwise_kernel", this.#depthwise.kernelShape(channels));
    this.#pointwise = this.addKernel("pointwise_kernel", [1, channels * depthMultiplier, this.#filters]);
    if (useBias) this.#bias = this.addBias("bias", [this.#filters]);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [rows = null, length = null] = takeShape(inputShape);
    return [rows, this.#depthwise.countPlaces(length), this.#filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const y = this.#depthwise.convolve(readInput(this, inputs, 0), readWeight(this, this.#kernel));
      const [rows = 1, length = 1, channels = 1] = y.shape;
      const matrix = tf.reshape(readWeight(this, this.#pointwise), [channels, this.#filters]);
      const product = tf.matMul(tf.reshape<tf.Rank.R2>(y, [rows * length, channels]), matrix);
      return this.#depthwise.finish(this, tf.reshape(product, [rows, length, this.#filters]), this.#bias);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const own = { filters: this.#filters, ...copyConfig(this.#depthwise.config) };
    return { ...super.getConfig(), ...own };
  }
}

tf.serialization.registerClass(DepthwiseConv1D);
tf.serialization.registerClass(SeparableConv1D);

function takeFirst(value: number | readonly number[]): number {
  return typeof value === "number" ? value : elementAt(value, 0);
}

function copyConfig({ kernelSize, strides, dilationRate, ...config }: Depthwise["config"]) {
  return { ...config, kernelSize: [kernelSize].flat(), strides: [strides].flat(), dilationRate: [dilationRate].flat() };
}

function countChannels(layer: tf.layers.Layer, inputShape: tf.Shape | tf.Shape[]): number {
  const shape = takeShape(inputShape);
  const channels = shape[2];
  if (shape.length === 3 && typeof channels === "number") return channels;
  throw new RangeRefusal(needs(`${layer.name}`, "an input [N, L, channels]", shape));
}
