import * as tf from "@tensorflow/tfjs";
import { GroupNormalization } from "../../../src/engine/tfjs/layers/group_normalization.ts";
import { Normalization } from "../../../src/engine/tfjs/layers/keras/normalization.ts";
import { Standardization } from "../../../src/engine/tfjs/layers/standardization.ts";
import { Subtract } from "../../../src/engine/tfjs/layers/subtract.ts";
import { UnitNormalization } from "../../../src/engine/tfjs/layers/unit_normalization.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import { applyTo } from "../engine_fixtures.ts";
import type { ParityModel } from "./parity_model.ts";
import { PARITY_WINDOW_MODELS } from "./parity_window_models.ts";
import { RECURRENT_MODELS } from "./recurrent_models.ts";
import { SEQUENCE_MODELS } from "./sequence_models.ts";

type Activation = NonNullable<Parameters<typeof tf.layers.activation>[0]["activation"]>;
type Tensors = tf.SymbolicTensor[];

const ACTIVATIONS: readonly string[] = [
  "linear",
  "relu",
  "relu6",
  "elu",
  "selu",
  "sigmoid",
  "hardSigmoid",
  "tanh",
  "softmax",
  "softplus",
  "softsign",
  "swish",
  "mish",
  "gelu",
  "logSoftmax",
];

/** A hidden layer, then the one in question, then a classifier: the gradient has to go through it. */
function around(name: string, layers: () => tf.layers.Layer[], units = 6): ParityModel {
  return {
    name,
    sampleShape: [5],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units, inputShape: [5], name: "before" }),
          ...layers(),
          tf.layers.dense({ units: 3, name: "after" }),
        ],
      }),
  };
}

/** Two hidden layers of 4 units, merged. */
function merging(name: string, merge: () => tf.layers.Layer, shared = false): ParityModel {
  return {
    name,
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const left = tf.layers.dense({ units: 4, name: "left" });
      const right = shared ? left : tf.layers.dense({ units: 4, name: "right", useBias: false });
      const branches = [left.apply(input), right.apply(tf.layers.activation({ activation: "tanh" }).apply(input))];
      const merged = merge().apply(branches as Tensors);
      return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 3 }).apply(merged) as tf.SymbolicTensor });
    },
  };
}

/** Every layer that has a converter, compared with TF.js. */
export const PARITY_MODELS: readonly ParityModel[] = [
  ...ACTIVATIONS.map((activation) =>
    around(`activation ${activation}`, () => [tf.layers.activation({ activation: activation as Activation })]),
  ),
  around("dense with an activation of its own", () => [tf.layers.dense({ units: 4, activation: "tanh" })]),
  around("dense without bias", () => [tf.layers.dense({ units: 4, useBias: false, activation: "relu" })]),
  around("dense that is frozen", () => [tf.layers.dense({ units: 4, trainable: false })]),
  around("dense on [N, 2, 3]", () => [
    tf.layers.reshape({ targetShape: [2, 3] }),
    tf.layers.dense({ units: 4, activation: "sigmoid" }),
    tf.layers.flatten(),
  ]),
  around("relu layer with a maximum", () => [tf.layers.reLU({ maxValue: 0.5 })]),
  around("leaky relu", () => [tf.layers.leakyReLU({ alpha: 0.2 })]),
  around("elu layer", () => [tf.layers.elu()]),
  around("softmax layer on [N, 2, 3]", () => [
    tf.layers.reshape({ targetShape: [2, 3] }),
    tf.layers.softmax({ axis: -1 }),
    tf.layers.flatten(),
  ]),
  around("reshape with an open length", () => [
    tf.layers.reshape({ targetShape: [3, -1] }),
    tf.layers.reshape({ targetShape: [6] }),
    tf.layers.activation({ activation: "tanh" }),
  ]),
  around("dropout twice, one of rate 0", () => [
    tf.layers.dropout({ rate: 0 }),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.dense({ units: 5, activation: "relu" }),
    tf.layers.dropout({ rate: 0.25 }),
  ]),
  around("every random layer", () => [
    tf.layers.gaussianNoise({ stddev: 0.5 }),
    tf.layers.gaussianDropout({ rate: 0.3 }),
    tf.layers.dense({ units: 6, activation: "selu" }),
    tf.layers.alphaDropout({ rate: 0.4 }),
    tf.layers.reshape({ targetShape: [2, 3] }),
    tf.layers.spatialDropout1d({ rate: 0.5 }),
    tf.layers.flatten(),
    tf.layers.dropout({ rate: 0.2 }),
  ]),
  around("a model within a model", () => [
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [6], activation: "relu", name: "inner" }),
        tf.layers.dropout({ rate: 0.5, name: "innerDropout" }),
      ],
    }),
    tf.layers.dropout({ rate: 0.5, name: "outerDropout" }),
  ]),
  around("a model within a model, frozen as a whole", () => {
    const inner = tf.sequential({
      layers: [
        tf.layers.batchNormalization({ inputShape: [6] }),
        tf.layers.reshape({ targetShape: [2, 3] }),
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2, name: "inner" }) }),
        tf.layers.flatten(),
      ],
    });
    inner.trainable = false;
    return [inner];
  }),
  {
    name: "a model that is frozen as a whole",
    sampleShape: [5],
    build: () => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [5] })] });
      model.trainable = false;
      return model;
    },
  },
  {
    name: "a model within a functional model, called on its own output",
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const inner = tf.sequential({
        layers: [
          tf.layers.dense({ units: 5, inputShape: [5], activation: "tanh" }),
          tf.layers.batchNormalization({ momentum: 0.8 }),
          tf.layers.dropout({ rate: 0.3 }),
        ],
      });
      const twice = applyTo(inner, applyTo(inner, input));
      const sum = applyTo(tf.layers.add(), [twice, input]);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), sum) });
    },
  },
  {
    name: "a model of two inputs and two outputs within a model, with a layer that both outputs share",
    sampleShape: [5],
    build: () => {
      const [left, right] = [tf.input({ shape: [4] }), tf.input({ shape: [6] })];
      const shared = tf.layers.dense({ units: 3, activation: "tanh" });
      const narrow = applyTo(tf.layers.dense({ units: 4 }), right);
      const inner = tf.model({
        inputs: [left, right],
        outputs: [applyTo(tf.layers.add(), [applyTo(shared, left), applyTo(shared, narrow)]), applyTo(shared, left)],
      });
      const input = tf.input({ shape: [5] });
      const branches = [4, 6].map((units) => applyTo(tf.layers.dense({ units }), input));
      const product = applyTo(tf.layers.multiply(), inner.apply(branches) as Tensors);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), product) });
    },
  },
  around("batch normalization of [N, C]", () => [
    tf.layers.batchNormalization({ momentum: 0.9 }),
    tf.layers.activation({ activation: "tanh" }),
  ]),
  around("batch normalization without gamma", () => [tf.layers.batchNormalization({ scale: false, epsilon: 0.1 })]),
  around("batch normalization without beta", () => [tf.layers.batchNormalization({ center: false })]),
  around("batch normalization that is frozen", () => [tf.layers.batchNormalization({ trainable: false })]),
  around("batch normalization of [N, 3, 2]", () => [
    tf.layers.reshape({ targetShape: [3, 2] }),
    tf.layers.batchNormalization({ axis: 2 }),
    tf.layers.flatten(),
  ]),
  {
    name: "batch normalization of images",
    sampleShape: [3, 4, 2],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.batchNormalization({ inputShape: [3, 4, 2] }),
          tf.layers.reLU(),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  {
    name: "batch normalization that is called twice",
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const shared = tf.layers.batchNormalization({ momentum: 0.8 });
      const hidden = tf.layers.dense({ units: 5, activation: "tanh" }).apply(shared.apply(input));
      return tf.model({
        inputs: input,
        outputs: tf.layers.dense({ units: 3 }).apply(shared.apply(hidden)) as tf.SymbolicTensor,
      });
    },
  },
  {
    name: "flatten of images",
    sampleShape: [3, 4, 2],
    build: () =>
      tf.sequential({ layers: [tf.layers.flatten({ inputShape: [3, 4, 2] }), tf.layers.dense({ units: 3 })] }),
  },
  ...[[5], [3, 2, 4]].map((inputShape) => ({
    name: `standardization of [N, ${inputShape.join(", ")}]`,
    sampleShape: inputShape,
    build: () =>
      tf.sequential({
        layers: [
          new Standardization({ inputShape }),
          ...(inputShape.length > 1 ? [tf.layers.flatten()] : []),
          tf.layers.dense({ units: 4, activation: "tanh" }),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  })),
  ...[{ groups: 2 }, { groups: -1, scale: false }, { groups: 4, center: false, epsilon: 0.1 }].map((options) => ({
    name: `group normalization with ${JSON.stringify(options)}`,
    sampleShape: [5, 4, 3],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 4, kernelSize: 2, activation: "tanh", inputShape: [5, 4, 3] }),
          new GroupNormalization(options),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  })),
  {
    name: "rescaling, and normalization to unit length, of rows with group normalization",
    sampleShape: [5],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.rescaling({ scale: 0.5, offset: -0.25, inputShape: [5] }),
          tf.layers.dense({ units: 6, activation: "tanh" }),
          new UnitNormalization(),
          new GroupNormalization({ groups: 3 }),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  around("normalization by weights, and back by numbers", () => [
    new Normalization({ axis: 1 }),
    tf.layers.activation({ activation: "tanh" }),
    new Normalization({ invert: true, mean: [1, 2, 3, 4, 5, 6], variance: [1, 4, 9, 0, 0.5, 2] }),
    new Normalization({ axis: null, mean: 0.5, variance: 4 }),
  ]),
  merging("add", () => tf.layers.add()),
  merging("subtract", () => new Subtract()),
  merging("multiply", () => tf.layers.multiply()),
  merging("average", () => tf.layers.average()),
  merging("maximum", () => tf.layers.maximum()),
  merging("minimum", () => tf.layers.minimum()),
  merging("concatenate", () => tf.layers.concatenate()),
  {
    name: "concatenate along an axis that counts from the end",
    sampleShape: [4, 3],
    build: () => {
      const input = tf.input({ shape: [4, 3] });
      const branches = [1, 2].map(() => applyTo(tf.layers.dense({ units: 2 }), input));
      const joined = applyTo(tf.layers.concatenate({ axis: -2 }), branches);
      const mixed = applyTo(tf.layers.conv1d({ filters: 2, kernelSize: 3 }), joined);
      return tf.model({
        inputs: input,
        outputs: applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.flatten(), mixed)),
      });
    },
  },
  ...[undefined, [-1, 2] as const].map((outputRange) => ({
    name: `a variational autoencoder${outputRange ? " with a range" : ""}`,
    sampleShape: [5],
    build: () =>
      mlpVAE({ inputShape: [5], latentSize: 2, hiddenSizes: [6], ...(outputRange && { outputRange }) }).model,
  })),
  merging("one layer called twice", () => tf.layers.add(), true),
  ...PARITY_WINDOW_MODELS,
  ...SEQUENCE_MODELS,
  ...RECURRENT_MODELS,
];
