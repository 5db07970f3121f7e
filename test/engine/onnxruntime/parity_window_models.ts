import * as tf from "@tensorflow/tfjs";
import { DepthwiseConv1D, SeparableConv1D } from "../../../src/engine/tfjs/layers/keras/depthwise_1d.ts";
import { GlobalAveragePooling3D, GlobalMaxPooling3D } from "../../../src/engine/tfjs/layers/keras/global_pooling_3d.ts";
import { Cropping3D, ZeroPadding3D } from "../../../src/engine/tfjs/layers/keras/margin_layers.ts";
import { UpSampling3D } from "../../../src/engine/tfjs/layers/keras/repeating_layers.ts";
import { Resizing } from "../../../src/engine/tfjs/layers/keras/resizing.ts";
import { SpatialDropout2D, SpatialDropout3D } from "../../../src/engine/tfjs/layers/keras/spatial_dropout.ts";
import { applyTo } from "../engine_fixtures.ts";
import type { ParityModel } from "./parity_model.ts";

/** What stands around the layers of a model. */
interface Surroundings {
  readonly inputShape: number[];
  readonly before: (options: { name: string; inputShape: number[] }) => tf.layers.Layer;
  /** True if the layers leave one row a sample. */
  readonly isFlat: boolean;
}

/** A convolution, the layers, then a classifier of all that is left: the order of its features is TF.js's. */
function surround(
  name: string,
  layers: () => tf.layers.Layer[],
  { inputShape, before, isFlat }: Surroundings,
): ParityModel {
  return {
    name,
    sampleShape: inputShape,
    build: () =>
      tf.sequential({
        layers: [
          before({ name: "before", inputShape }),
          ...layers(),
          ...(isFlat ? [] : [tf.layers.flatten()]),
          tf.layers.dense({ units: 3, name: "after" }),
        ],
      }),
  };
}

const CONVOLUTION = { filters: 3, kernelSize: 1, activation: "tanh" } as const;

function onImages(
  name: string,
  layers: () => tf.layers.Layer[],
  { inputShape = [6, 5, 2], isFlat = false }: { inputShape?: number[]; isFlat?: boolean } = {},
): ParityModel {
  const before: Surroundings["before"] = (place) => tf.layers.conv2d({ ...place, ...CONVOLUTION });
  return surround(name, layers, { inputShape, before, isFlat });
}

function onSequences(name: string, layers: () => tf.layers.Layer[], isFlat = false): ParityModel {
  const before: Surroundings["before"] = (place) => tf.layers.conv1d({ ...place, ...CONVOLUTION });
  return surround(name, layers, { inputShape: [9, 2], before, isFlat });
}

function onVolumes(name: string, layers: () => tf.layers.Layer[], isFlat = false): ParityModel {
  const before: Surroundings["before"] = (place) => tf.layers.conv3d({ ...place, ...CONVOLUTION });
  return surround(name, layers, { inputShape: [5, 4, 6, 2], before, isFlat });
}

const PADDINGS = ["same", "valid"] as const;

/**
 * Layers on spatial axes, compared with TF.js; it has no gradient of dilated convolutions, for which see the cases of
 * the rules.
 */
export const PARITY_WINDOW_MODELS: readonly ParityModel[] = [
  onImages("resizing, bilinear", () => [new Resizing({ height: 4, width: 9 })]),
  onImages("resizing, nearest", () => [new Resizing({ height: 9, width: 2, interpolation: "nearest" })]),
  onVolumes("conv3d", () => [
    tf.layers.conv3d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu" }),
    tf.layers.conv3d({ filters: 2, kernelSize: [2, 1, 3], strides: [1, 2, 1], useBias: false }),
  ]),
  onVolumes("average pool of volumes", () => [tf.layers.averagePooling3d({ poolSize: 2, strides: [2, 1, 1] })]),
  onVolumes("the mean of volumes", () => [new GlobalAveragePooling3D()], true),
  onVolumes("the largest values of volumes", () => [new GlobalMaxPooling3D()], true),
  onVolumes("zeros around volumes, cropped and repeated places", () => [
    new ZeroPadding3D({
      padding: [
        [1, 0],
        [0, 2],
        [1, 1],
      ],
    }),
    tf.layers.conv3d({ filters: 2, kernelSize: 2 }),
    new UpSampling3D({ size: [1, 2, 3] }),
    tf.layers.activation({ activation: "tanh" }),
    new Cropping3D({
      cropping: [
        [0, 1],
        [2, 1],
        [4, 0],
      ],
    }),
    tf.layers.averagePooling3d({ poolSize: [2, 3, 3] }),
  ]),
  onImages("whole channels of images that are dropped", () => [new SpatialDropout2D({ rate: 0.4 })]),
  onVolumes("whole channels of volumes that are dropped", () => [new SpatialDropout3D({ rate: 0.4 })]),
  ...PADDINGS.flatMap((padding) => [
    onSequences(`depthwise conv1d, ${padding}`, () => [
      new DepthwiseConv1D({ kernelSize: [3], depthMultiplier: 2, padding, activation: "tanh" }),
      new DepthwiseConv1D({ kernelSize: 2, strides: 2, padding, useBias: false }),
    ]),
    onSequences(`separable conv1d, ${padding}`, () => [
      new SeparableConv1D({ filters: 4, kernelSize: 3, padding, activation: "relu" }),
      new SeparableConv1D({ filters: 2, kernelSize: 2, depthMultiplier: 3, strides: [2], padding, useBias: false }),
    ]),
    onImages(`conv2d, ${padding}`, () => [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, padding, activation: "relu" }),
      tf.layers.conv2d({ filters: 2, kernelSize: [2, 1], padding, useBias: false }),
    ]),
    onImages(`conv2d with strides, ${padding}`, () => [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding }),
    ]),
    onImages(`depthwise conv2d, ${padding}`, () => [
      tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding, activation: "sigmoid" }),
      tf.layers.depthwiseConv2d({ kernelSize: 2, strides: 2, padding, useBias: false }),
    ]),
    onImages(`separable conv2d, ${padding}`, () => [
      tf.layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, padding, activation: "tanh" }),
    ]),
    onImages(`transposed conv2d, ${padding}`, () => [
      tf.layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding, activation: "relu" }),
      tf.layers.conv2dTranspose({ filters: 2, kernelSize: 1, strides: 2, padding, useBias: false }),
    ]),
    onImages(`max pooling, ${padding}`, () => [tf.layers.maxPooling2d({ poolSize: 2, padding })]),
    onImages(`max pooling with windows that overlap, ${padding}`, () => [
      tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding }),
    ]),
    onImages(`average pooling, ${padding}`, () => [tf.layers.averagePooling2d({ poolSize: [2, 1], padding })]),
    onSequences(`conv1d, ${padding}`, () => [
      tf.layers.conv1d({ filters: 4, kernelSize: 3, padding, activation: "relu" }),
      tf.layers.conv1d({ filters: 2, kernelSize: 2, strides: 2, padding, useBias: false }),
    ]),
    onSequences(`max pooling of sequences, ${padding}`, () => [tf.layers.maxPooling1d({ poolSize: 2, padding })]),
  ]),
  onImages("average pooling with windows that overlap", () => [
    tf.layers.averagePooling2d({ poolSize: [3, 2], strides: [2, 1] }),
  ]),
  onImages("average pooling with windows that overlap, padded", () => [
    tf.layers.averagePooling2d({ poolSize: [3, 2], strides: [2, 1], padding: "same" }),
  ]),
  onSequences("average pooling of sequences, padded", () => [
    tf.layers.averagePooling1d({ poolSize: 3, strides: 2, padding: "same" }),
  ]),
  onSequences("average pooling of sequences", () => [tf.layers.averagePooling1d({ poolSize: 3, strides: 2 })]),
  onImages("conv2d with a softmax over its channels", () => [
    tf.layers.conv2d({ filters: 4, kernelSize: 2, activation: "softmax" }),
  ]),
  onImages("a conv2d that is frozen", () => [tf.layers.conv2d({ filters: 4, kernelSize: 2, trainable: false })]),
  onImages("conv2d on one channel", () => [tf.layers.conv2d({ filters: 4, kernelSize: 3 })], { inputShape: [6, 5, 1] }),
  onImages("largest of equal values in a pool", () => [
    tf.layers.activation({ activation: "relu" }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
  ]),
  onImages("global max pooling", () => [tf.layers.globalMaxPooling2d({})], { isFlat: true }),
  onImages(
    "global max pooling of values that are equal",
    () => [
      tf.layers.activation({ activation: "relu6" }),
      tf.layers.upSampling2d({ size: [2, 2] }),
      tf.layers.globalMaxPooling2d({}),
    ],
    { isFlat: true },
  ),
  onImages("global average pooling", () => [tf.layers.globalAveragePooling2d({})], { isFlat: true }),
  onSequences("global max pooling of sequences", () => [tf.layers.globalMaxPooling1d({})], true),
  onSequences("global average pooling of sequences", () => [tf.layers.globalAveragePooling1d({})], true),
  onImages("zero padding", () => [
    tf.layers.zeroPadding2d({
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
    tf.layers.conv2d({ filters: 2, kernelSize: 3 }),
  ]),
  ...[1, 2].flatMap((padding) => [
    onImages(`max pooling of images between ${padding} zeros, below which most values lie`, () => [
      tf.layers.rescaling({ scale: 1, offset: -1 }),
      tf.layers.zeroPadding2d({ padding }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
    ]),
    onImages(`average pooling of images between ${padding} zeros`, () => [
      tf.layers.zeroPadding2d({ padding }),
      tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
    ]),
  ]),
  onImages("cropping", () => [
    tf.layers.cropping2D({
      cropping: [
        [1, 2],
        [0, 1],
      ],
    }),
  ]),
  onImages("up sampling, bilinear, not square", () => [
    tf.layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" }),
  ]),
  onImages("up sampling, nearest", () => [tf.layers.upSampling2d({ size: [2, 3] })]),
  {
    ...onImages(
      "wide convolutions, which work on blocks of channels",
      () => [
        tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "tanh" }),
        tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "sigmoid" }),
        tf.layers.dropout({ rate: 0.3 }),
        tf.layers.conv2d({ filters: 32, kernelSize: [3, 2], activation: "relu" }),
        tf.layers.conv2d({ filters: 16, kernelSize: 3, strides: 2, padding: "same", activation: "tanh" }),
        tf.layers.globalMaxPooling2d({}),
      ],
      { inputShape: [4, 4, 2], isFlat: true },
    ),
    tolerance: { limit: 2e-5, reason: "sums of 288 products: 1.2e-5 with AVX2, below 1e-5 with AVX-512" },
  },
  {
    ...onImages(
      "wide convolutions whose channels do not fill the blocks",
      () => [
        tf.layers.conv2d({ filters: 28, kernelSize: 3, padding: "same", useBias: false }),
        tf.layers.batchNormalization(),
        tf.layers.activation({ activation: "relu" }),
        tf.layers.conv2d({ filters: 28, kernelSize: 2, padding: "same", activation: "tanh" }),
        tf.layers.conv2d({ filters: 29, kernelSize: 2, activation: "tanh" }),
        tf.layers.conv2d({ filters: 16, kernelSize: 2, activation: "tanh" }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
      ],
      { inputShape: [4, 4, 2] },
    ),
    tolerance: { limit: 1e-4, reason: "sums of hundreds of products differ in their last digits" },
  },
  onImages("dropout between convolutions", () => [
    tf.layers.conv2d({ filters: 4, kernelSize: 2 }),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.conv2d({ filters: 4, kernelSize: 2 }),
  ]),
  onImages("batch normalisation between convolutions", () => [
    tf.layers.conv2d({ filters: 4, kernelSize: 2, useBias: false }),
    tf.layers.batchNormalization(),
    tf.layers.activation({ activation: "relu" }),
    tf.layers.conv2d({ filters: 4, kernelSize: 2 }),
  ]),
  onImages("dense and reshape on images", () => [
    tf.layers.dense({ units: 4, activation: "relu" }),
    tf.layers.conv2d({ filters: 4, kernelSize: 2 }),
    tf.layers.reshape({ targetShape: [8, 10] }),
    tf.layers.conv1d({ filters: 2, kernelSize: 2 }),
  ]),
  {
    name: "a wide residual block",
    sampleShape: [4, 4, 2],
    build: () => {
      const input = tf.input({ shape: [4, 4, 2] });
      const convolve = (x: tf.SymbolicTensor, activation: "relu" | "tanh") =>
        applyTo(tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: "same", activation }), x);
      const stem = convolve(input, "tanh");
      const sum = applyTo(tf.layers.add(), [stem, convolve(convolve(stem, "tanh"), "tanh")]);
      const rectified = applyTo(tf.layers.reLU(), applyTo(tf.layers.add(), [sum, convolve(sum, "tanh")]));
      const pooled = applyTo(tf.layers.globalMaxPooling2d({}), rectified);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), pooled) });
    },
  },
  {
    name: "a residual block with a shortcut, and branches joined",
    sampleShape: [6, 6, 2],
    build: () => {
      const input = tf.input({ shape: [6, 6, 2] });
      const stem = applyTo(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }), input);
      const body = applyTo(tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }), stem);
      const shortcut = applyTo(tf.layers.conv2d({ filters: 4, kernelSize: 1, strides: 2, useBias: false }), stem);
      const sum = applyTo(tf.layers.activation({ activation: "relu" }), applyTo(tf.layers.add(), [body, shortcut]));
      const joined = applyTo(tf.layers.concatenate(), [sum, shortcut, body]);
      const pooled = applyTo(tf.layers.globalAveragePooling2d({}), joined);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), pooled) });
    },
  },
];
