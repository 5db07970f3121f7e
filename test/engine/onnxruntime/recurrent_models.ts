import * as tf from "@tensorflow/tfjs";
import { GRU } from "../../../src/engine/tfjs/layers/keras/gru.ts";
import { applyTo } from "../engine_fixtures.ts";
import type { ParityModel } from "./parity_model.ts";

/** A recurrent layer on sequences [N, 5, 3], then a classifier. */
function recurring(name: string, layers: () => tf.layers.Layer[]): ParityModel {
  return {
    name,
    sampleShape: [5, 3],
    build: () => {
      const input = tf.input({ shape: [5, 3] });
      const output = layers().reduce((x, layer) => applyTo(layer, x), input);
      const flat = output.shape.length > 2 ? applyTo(tf.layers.flatten(), output) : output;
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), flat) });
    },
  };
}

/** Layers on sequences of ids [N, 5], of which zeros are filling, then a classifier. */
function masked(name: string, layers: () => tf.layers.Layer[]): ParityModel {
  return {
    name: `masked times before ${name}`,
    sampleShape: [5],
    build: () =>
      tf.sequential({
        layers: [
          // Ids 0 and 2 of what is below −0.7, and above.
          tf.layers.rescaling({ scale: 1, offset: 0.7, inputShape: [5] }),
          tf.layers.thresholdedReLU({ theta: 0 }),
          tf.layers.activation({ activation: "softsign" }),
          tf.layers.rescaling({ scale: 1e9 }),
          tf.layers.reLU({ maxValue: 2 }),
          tf.layers.embedding({ inputDim: 3, outputDim: 4, maskZero: true }),
          ...layers(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  };
}

/** Recurrent layers, and what masks change. */
export const RECURRENT_MODELS: readonly ParityModel[] = [
  recurring("simple rnn", () => [tf.layers.simpleRNN({ units: 4 })]),
  recurring("simple rnn, all times, backwards, without bias", () => [
    tf.layers.simpleRNN({ units: 4, returnSequences: true, goBackwards: true, useBias: false, activation: "relu" }),
  ]),
  recurring("gru", () => [tf.layers.gru({ units: 4 })]),
  recurring("two grus, one of them backwards", () => [
    tf.layers.gru({ units: 4, returnSequences: true, recurrentActivation: "sigmoid" }),
    tf.layers.gru({ units: 3, returnSequences: true, goBackwards: true, activation: "softsign" }),
  ]),
  recurring("gru that resets after the product", () => [resetAfterGru({ units: 4 })]),
  recurring("two such grus, one backwards without bias", () => [
    resetAfterGru({ units: 4, returnSequences: true, recurrentActivation: "sigmoid" }),
    resetAfterGru({ units: 3, returnSequences: true, goBackwards: true, useBias: false }),
  ]),
  recurring("a bidirectional gru that resets after the product", () => [
    tf.layers.bidirectional({ layer: asRnn(resetAfterGru({ units: 3, returnSequences: true })), mergeMode: "concat" }),
  ]),
  recurring("lstm", () => [tf.layers.lstm({ units: 4 })]),
  recurring("two lstms, one of them backwards", () => [
    tf.layers.lstm({ units: 4, returnSequences: true, recurrentActivation: "sigmoid" }),
    tf.layers.lstm({ units: 3, returnSequences: true, goBackwards: true, useBias: false, unitForgetBias: true }),
  ]),
  ...(["concat", "sum", "ave", "mul"] as const).map((mergeMode) =>
    recurring(`a bidirectional gru, all times, merge mode ${mergeMode}`, () => [
      tf.layers.bidirectional({ layer: asRnn(tf.layers.gru({ units: 3, returnSequences: true })), mergeMode }),
    ]),
  ),
  ...(["gru", "lstm"] as const).map((kind) =>
    recurring(`${kind} with a softmax over each gate`, () => [
      tf.layers[kind]({ units: 4, recurrentActivation: "softmax" as "sigmoid" }),
    ]),
  ),
  recurring("a bidirectional gru around one that is frozen", () => [
    tf.layers.bidirectional({ layer: asRnn(tf.layers.gru({ units: 3, trainable: false })), mergeMode: "concat" }),
  ]),
  recurring("a bidirectional lstm, last times", () => [
    tf.layers.bidirectional({ layer: asRnn(tf.layers.lstm({ units: 3 })), mergeMode: "concat" }),
  ]),
  masked("lstm and gru, all times, then the mean", () => [
    tf.layers.lstm({ units: 3, returnSequences: true, recurrentActivation: "sigmoid" }),
    tf.layers.dense({ units: 4, activation: "tanh" }),
    resetAfterGru({ units: 3, returnSequences: true, goBackwards: true }),
    tf.layers.simpleRNN({ units: 4, returnSequences: true }),
    tf.layers.globalAveragePooling1d(),
  ]),
  masked("gru, last time", () => [tf.layers.dropout({ rate: 0.3 }), tf.layers.gru({ units: 4 })]),
  masked("lstm, last time, backwards", () => [tf.layers.lstm({ units: 4, goBackwards: true, useBias: false })]),
  masked("both directions, all times", () => [
    tf.layers.bidirectional({ layer: asRnn(tf.layers.lstm({ units: 3, returnSequences: true })), mergeMode: "concat" }),
    tf.layers.layerNormalization(),
    tf.layers.flatten(),
  ]),
  masked("both directions, last times, added", () => [
    tf.layers.bidirectional({ layer: asRnn(tf.layers.gru({ units: 3 })), mergeMode: "sum" }),
  ]),
  {
    name: "times that are left out, by a value, and branches with masks and without",
    sampleShape: [5, 2],
    build: () => {
      const input = tf.input({ shape: [5, 2] });
      // Some of the rows' times are −1 throughout.
      const spread = applyTo(
        tf.layers.rescaling({ scale: 2, offset: -2 }),
        applyTo(tf.layers.reLU({ maxValue: 1 }), input),
      );
      const seen = applyTo(tf.layers.masking({ maskValue: -2 }), spread);
      const first = applyTo(tf.layers.lstm({ units: 3, returnSequences: true }), seen);
      const joined = applyTo(tf.layers.concatenate(), [first, applyTo(tf.layers.dense({ units: 2 }), seen)]);
      const sum = applyTo(tf.layers.add(), [joined, applyTo(tf.layers.activation({ activation: "tanh" }), joined)]);
      const mean = applyTo(tf.layers.globalAveragePooling1d(), sum);
      // Nothing of the mask is left here.
      const plain = applyTo(tf.layers.conv1d({ filters: 3, kernelSize: 2 }), joined);
      const ends = [mean, applyTo(tf.layers.gru({ units: 2 }), plain), applyTo(tf.layers.globalMaxPooling1d(), joined)];
      const outputs = applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.concatenate(), ends));
      return tf.model({ inputs: input, outputs });
    },
  },
];

/** As a file of Keras's makes it. */
function resetAfterGru(settings: Parameters<typeof tf.layers.gru>[0]): tf.layers.Layer {
  return new GRU({ ...settings, resetAfter: true });
}

/** `tf.layers.gru` and the like are declared to return any layer, but `bidirectional` wants a recurrent one. */
function asRnn(layer: tf.layers.Layer): tf.RNN {
  if (layer instanceof tf.RNN) return layer;
  throw new TypeError("Wanted a recurrent layer");
}
