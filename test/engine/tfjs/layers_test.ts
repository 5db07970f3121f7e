import { afterAll, describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { SeparableConv1D } from "../../../src/engine/tfjs/layers/keras/depthwise_1d.ts";
import { GRU } from "../../../src/engine/tfjs/layers/keras/gru.ts";
import { MultiHeadAttention } from "../../../src/engine/tfjs/layers/keras/multi_head_attention.ts";
import type { ModelSnapshot } from "../../../src/models/model_snapshot.ts";
import { compareEngines } from "../compare_engines.ts";
import { applyTo, takeApart } from "../engine_fixtures.ts";
import { EngineWorker } from "./worker_engine.ts";

const cpu = new EngineWorker("cpu");
const wasm = new EngineWorker("wasm");
afterAll(() => {
  cpu.terminate();
  wasm.terminate();
});

const IMAGE = [6, 7, 2];

interface Case {
  readonly sampleShape: readonly number[];
  readonly build: () => tf.LayersModel;
}

/** Each with layers whose gradients TF.js's wasm backend lacks or computes in its own way. */
const CASES: Readonly<Record<string, Case>> = {
  "convolutions, padded, strided and uneven": {
    sampleShape: IMAGE,
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ inputShape: IMAGE, filters: 3, kernelSize: [3, 2], padding: "same", activation: "relu" }),
          tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: [2, 1], activation: "tanh" }),
          tf.layers.conv2d({ filters: 2, kernelSize: 1, useBias: false }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  "convolutions with strides beyond their windows, padded": {
    sampleShape: IMAGE,
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ inputShape: IMAGE, filters: 3, kernelSize: [3, 1], strides: 2, padding: "same" }),
          tf.layers.depthwiseConv2d({ kernelSize: [2, 1], strides: 2, padding: "same", activation: "tanh" }),
          tf.layers.conv2d({ filters: 3, kernelSize: [1, 2], strides: [2, 1], padding: "same", activation: "relu" }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  "depthwise convolution, pooling and batch normalisation": {
    sampleShape: IMAGE,
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.depthwiseConv2d({ inputShape: IMAGE, kernelSize: 3, depthMultiplier: 2 }),
          tf.layers.batchNormalization(),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  "a residual block with dropout": {
    sampleShape: [5],
    build: () => {
      const input = tf.input({ shape: [5] });
      const hidden = applyTo(tf.layers.dense({ units: 5, activation: "relu" }), input);
      const dropped = applyTo(tf.layers.dropout({ rate: 0.3 }), hidden);
      const sum = applyTo(tf.layers.add(), [input, dropped]);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), sum) });
    },
  },
  "a nested model that is called twice": {
    sampleShape: [4],
    build: () => {
      const inner = tf.sequential({
        layers: [tf.layers.dense({ units: 4, inputShape: [4] }), tf.layers.dropout({ rate: 0.3 })],
      });
      const input = tf.input({ shape: [4] });
      return tf.model({
        inputs: input,
        outputs: applyTo(tf.layers.dense({ units: 3 }), applyTo(inner, applyTo(inner, input))),
      });
    },
  },
  "attention, and a GRU that resets after its product": {
    sampleShape: [4, 3],
    build: () => {
      const input = tf.input({ shape: [4, 3] });
      const seen = applyTo(new MultiHeadAttention({ numHeads: 2, keyDim: 3, dropout: 0.3 }), [input, input]);
      const last = applyTo(new GRU({ units: 4, resetAfter: true }), seen);
      return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), last) });
    },
  },
  "volumes, and convolutions of single channels": {
    sampleShape: [4, 5, 3, 2],
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.conv3d({ filters: 3, kernelSize: 2, inputShape: [4, 5, 3, 2], activation: "tanh" }),
          tf.layers.averagePooling3d({ poolSize: 2, strides: 1 }),
          tf.layers.reshape({ targetShape: [6, 3] }),
          new SeparableConv1D({ filters: 4, kernelSize: 2 }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
  },
  "an LSTM over a sequence": {
    sampleShape: [4, 3],
    build: () =>
      tf.sequential({ layers: [tf.layers.lstm({ units: 5, inputShape: [4, 3] }), tf.layers.dense({ units: 3 })] }),
  },
};

async function compare(snapshot: ModelSnapshot, sampleShape: readonly number[]) {
  const [a, b] = [await cpu.createEngine(snapshot.topology), await wasm.createEngine(snapshot.topology)];
  try {
    return await compareEngines(a, b, { sampleShape });
  } finally {
    await a.close();
    await b.close();
  }
}

describe("createTfjsEngine() on wasm", () => {
  for (const [name, { build, sampleShape }] of Object.entries(CASES)) {
    test(`gradient() and the rest equal those on cpu, for ${name}`, async () => {
      const before = [await cpu.countLive(), await wasm.countLive()];
      const differences = await compare(takeApart(build()), sampleShape);
      for (const difference of Object.values(differences)) expect(difference).toBeLessThan(2e-5);
      expect([await cpu.countLive(), await wasm.countLive()]).toEqual(before);
    });
  }
});
