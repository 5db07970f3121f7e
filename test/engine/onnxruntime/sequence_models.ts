import * as tf from "@tensorflow/tfjs";
import { EinsumDense } from "../../../src/engine/tfjs/layers/keras/einsum_dense.ts";
import { Cropping1D, ZeroPadding1D } from "../../../src/engine/tfjs/layers/keras/margin_layers.ts";
import { MultiHeadAttention } from "../../../src/engine/tfjs/layers/keras/multi_head_attention.ts";
import { UpSampling1D } from "../../../src/engine/tfjs/layers/keras/repeating_layers.ts";
import { applyTo } from "../engine_fixtures.ts";
import type { ParityModel } from "./parity_model.ts";

/** Layers on sequences [N, 4, 6], then a classifier. */
function onSequence(name: string, layers: () => tf.layers.Layer[], tolerance?: ParityModel["tolerance"]): ParityModel {
  return {
    name,
    sampleShape: [4, 3],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 6, name: "inner" }), inputShape: [4, 3] }),
          ...layers(),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3, name: "after" }),
        ],
      }),
    ...(tolerance ? { tolerance } : {}),
  };
}

/** Two branches of the same samples [N, 12], each in its own shape, multiplied. */
function dotting(name: string, shapes: readonly number[][], options: Parameters<typeof tf.layers.dot>[0]): ParityModel {
  return {
    name,
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const branches = shapes.map((targetShape, i) => {
        const units = targetShape.reduce((product, length) => product * length, 1);
        const branch = applyTo(tf.layers.dense({ units, name: `branch${i}` }), input);
        return applyTo(tf.layers.reshape({ targetShape }), branch);
      });
      const product = applyTo(tf.layers.dot(options), branches);
      const flat = product.shape.length > 2 ? applyTo(tf.layers.flatten(), product) : product;
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), flat) });
    },
  };
}

/** Layers that normalise samples, look up, reorder, repeat or multiply. */
export const SEQUENCE_MODELS: readonly ParityModel[] = [
  onSequence("layer normalization over the last axis", () => [tf.layers.layerNormalization()]),
  onSequence("layer normalization over two axes, without beta", () => [
    tf.layers.layerNormalization({ axis: [1, 2], center: false, epsilon: 0.1 }),
  ]),
  onSequence("layer normalization without gamma", () => [tf.layers.layerNormalization({ scale: false })]),
  onSequence("permute", () => [
    tf.layers.permute({ dims: [2, 1] }),
    tf.layers.activation({ activation: "softmax" }),
    tf.layers.permute({ dims: [2, 1] }),
  ]),
  onSequence("prelu", () => [tf.layers.prelu(), tf.layers.prelu({ sharedAxes: [1] })]),
  onSequence("thresholded relu and rescaling", () => [
    tf.layers.thresholdedReLU({ theta: 0.3 }),
    tf.layers.rescaling({ scale: 0.5, offset: -1 }),
  ]),
  onSequence("a dense layer and an activation, distributed over time", () => [
    tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2, activation: "tanh", useBias: false }) }),
    tf.layers.timeDistributed({ layer: tf.layers.activation({ activation: "sigmoid" }) }),
  ]),
  {
    name: "layers on images, distributed over time",
    sampleShape: [3, 6, 5, 2],
    build: () => {
      const each = (layer: tf.layers.Layer, inputShape?: number[]) =>
        tf.layers.timeDistributed({ layer, ...(inputShape && { inputShape }) });
      return tf.sequential({
        layers: [
          each(tf.layers.conv2d({ filters: 3, kernelSize: 2, activation: "tanh" }), [3, 6, 5, 2]),
          each(tf.layers.maxPooling2d({ poolSize: 2 })),
          each(tf.layers.prelu()),
          each(tf.layers.reshape({ targetShape: [4, 3] })),
          each(tf.layers.lstm({ units: 2, returnSequences: true })),
          each(tf.layers.flatten()),
          each(tf.layers.dense({ units: 4, activation: "softmax" })),
          tf.layers.gru({ units: 3 }),
          tf.layers.dense({ units: 3 }),
        ],
      });
    },
  },
  {
    name: "attention of two heads, with dropout",
    sampleShape: [4, 3],
    build: () => {
      const input = tf.input({ shape: [4, 3] });
      const before = applyTo(tf.layers.dense({ units: 6, activation: "tanh" }), input);
      const attention = new MultiHeadAttention({ numHeads: 2, keyDim: 3, dropout: 0.4 });
      const sum = applyTo(tf.layers.add(), [before, applyTo(attention, [before, before])]);
      const dropped = applyTo(tf.layers.dropout({ rate: 0.2 }), applyTo(tf.layers.layerNormalization(), sum));
      return tf.model({
        inputs: input,
        outputs: applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.flatten(), dropped)),
      });
    },
  },
  {
    name: "attention to other times than those that ask, without biases",
    sampleShape: [5, 3],
    build: () => {
      const input = tf.input({ shape: [5, 3] });
      const values = applyTo(tf.layers.conv1d({ filters: 4, kernelSize: 3 }), input);
      const keys = applyTo(tf.layers.conv1d({ filters: 2, kernelSize: 3, activation: "tanh" }), input);
      const attention = new MultiHeadAttention({ numHeads: 3, keyDim: 2, valueDim: 4, useBias: false });
      const seen = applyTo(attention, [input, values, keys]);
      return tf.model({
        inputs: input,
        outputs: applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.flatten(), seen)),
      });
    },
  },
  {
    name: "embedding",
    sampleShape: [4],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.rescaling({ scale: 0, offset: 2, inputShape: [4] }),
          tf.layers.embedding({ inputDim: 5, outputDim: 3 }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  {
    name: "repeat vector",
    sampleShape: [5],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 4, inputShape: [5] }),
          tf.layers.repeatVector({ n: 3 }),
          tf.layers.layerNormalization(),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  dotting("dot of vectors", [[6], [6]], { axes: 1 }),
  dotting("dot of vectors, normalized", [[6], [6]], { axes: -1, normalize: true }),
  dotting(
    "dot of matrices along their last axes",
    [
      [2, 3],
      [4, 3],
    ],
    { axes: -1 },
  ),
  dotting(
    "dot of matrices along their first axes, normalized",
    [
      [3, 2],
      [3, 4],
    ],
    { axes: 1, normalize: true },
  ),
  dotting(
    "dot of matrices along different axes",
    [
      [2, 3],
      [3, 4],
    ],
    { axes: [2, 1] },
  ),
  dotting("dot of a matrix and a vector", [[2, 3], [3]], { axes: [2, 1] }),
  onSequence("zeros around sequences, cropped and repeated times", () => [
    new ZeroPadding1D({ padding: [2, 1] }),
    tf.layers.conv1d({ filters: 2, kernelSize: 2 }),
    new UpSampling1D({ size: 3 }),
    tf.layers.activation({ activation: "tanh" }),
    new Cropping1D({ cropping: [1, 4] }),
    tf.layers.lstm({ units: 2, returnSequences: true }),
  ]),
  onSequence("a product with a kernel by a formula", () => [
    new EinsumDense({ equation: "nTF,FHD->nTHD", outputShape: [null, 2, 3], biasAxes: "HD", activation: "tanh" }),
    new EinsumDense({ equation: "nTHD,HDE->nET", outputShape: [5, null], biasAxes: "E" }),
    new EinsumDense({ equation: "...x,xy->...y", outputShape: 4 }),
  ]),
  onSequence("formulas with a letter in all three, and with one that is summed over alone", () => [
    new EinsumDense({ equation: "nTF,TFG->nTG", outputShape: [4, 3], biasAxes: "T" }),
    new EinsumDense({ equation: "nab,ca->nc", outputShape: 2 }),
    tf.layers.repeatVector({ n: 4 }),
    new EinsumDense({ equation: "na...,ba->nb...", outputShape: 3, biasAxes: "b" }),
  ]),
  {
    name: "values that one layer takes several times, and others once",
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const x = applyTo(tf.layers.dense({ units: 4, activation: "tanh" }), input);
      const twice = applyTo(tf.layers.add(), [x, x]);
      const joined = applyTo(tf.layers.concatenate(), [x, twice, x, twice]);
      const [left, right] = [tf.input({ shape: [16] }), tf.input({ shape: [16] })];
      const product = applyTo(tf.layers.multiply(), [left, right]);
      const inner = tf.model({ inputs: [left, right], outputs: applyTo(tf.layers.dense({ units: 4 }), product) });
      const ends = [applyTo(inner, [joined, joined]), x];
      const outputs = applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.add(), ends));
      return tf.model({ inputs: input, outputs });
    },
  },
];
