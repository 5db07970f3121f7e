import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { loadModel } from "../../../src/engine/tfjs/model_loading.ts";
import { createTfjsEngine } from "../../../src/engine/tfjs/tfjs_engine.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { applyTo, catchError } from "../engine_fixtures.ts";

function createTwoHeadedModel(): tf.LayersModel {
  const input = tf.input({ shape: [5] });
  const heads = ["a", "b"].map((name) => applyTo(tf.layers.dense({ name, units: 3 }), input));
  return tf.model({ inputs: input, outputs: heads });
}

function withLayer(layer: tf.layers.Layer): tf.LayersModel {
  return tf.sequential({ layers: [layer, tf.layers.dense({ units: 3 })] });
}

const inputShape = [5];
const UNTRAINABLE: Readonly<Record<string, () => tf.LayersModel>> = {
  "one input of samples and one output": createTwoHeadedModel,
  "an output of shape [N, C]": () => tf.sequential({ layers: [tf.layers.dense({ inputShape: [4, 5], units: 3 })] }),
  'got "LSTM memory"': () => withLayer(tf.layers.lstm({ name: "memory", inputShape: [4, 5], units: 3, dropout: 0.1 })),
  "weights without constraints": () =>
    withLayer(tf.layers.dense({ inputShape, units: 3, kernelConstraint: tf.constraints.nonNeg() })),
  "no noiseShape": () => withLayer(tf.layers.dropout({ inputShape, rate: 0.5, noiseShape: [1, 5] })),
  "rate must be at least 0 and below 1": () => withLayer(tf.layers.dropout({ inputShape, rate: 1 })),
};

describe("loadModel()", () => {
  test("says how a Worker gets to know a layer class, when it is not registered", async () => {
    const layer = { class_name: "Nowhere", config: { name: "x", batch_input_shape: [null, 3] } };
    const topology = { class_name: "Sequential", config: { name: "made", layers: [layer] } };
    const error = await catchError(loadModel(topology));
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toMatch(/needs layer classes that are registered \(.*layerModules.*\), got "Nowhere"/);
  });
});

describe("createTfjsEngine", () => {
  for (const [rule, build] of Object.entries(UNTRAINABLE)) {
    test(`createTfjsEngine() wants ${rule}, and says so when it is not given`, async () => {
      const model = build();
      const { topology } = flattenWeights(model);
      const before = tf.memory().numTensors;
      const error = await catchError(createTfjsEngine({ topology }));
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(rule);
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    });
  }

  test("createTfjsEngine() names the layer class, when it is not registered", async () => {
    const layer = { class_name: "Unheard", config: { name: "x", batch_input_shape: [null, 5] } };
    const topology = { class_name: "Sequential", config: { name: "model", layers: [layer] } };
    expect(String(await catchError(createTfjsEngine({ topology })))).toContain("Unheard");
  });
});

/** What onnxruntime trains and TF.js does not, or not rightly. */
const UNDIFFERENTIABLE: Readonly<Record<string, () => tf.layers.Layer>> = {
  "conv2d, dilated": () => tf.layers.conv2d({ name: "it", filters: 2, kernelSize: 2, dilationRate: 2 }),
  "separable conv2d, dilated": () =>
    tf.layers.separableConv2d({ name: "it", filters: 2, kernelSize: 2, dilationRate: 2 }),
  "depthwise conv2d, dilated": () =>
    tf.layers.depthwiseConv2d({ name: "it", kernelSize: 2, dilationRate: [2, 2], padding: "same" }),
  "conv3d, dilated": () => onVolumes(tf.layers.conv3d({ name: "it", filters: 2, kernelSize: 2, dilationRate: 2 })),
  "conv3d, padded, with strides": () =>
    onVolumes(tf.layers.conv3d({ name: "it", filters: 2, kernelSize: 2, strides: 2, padding: "same" })),
  conv3dTranspose: () => onVolumes(tf.layers.conv3dTranspose({ name: "it", filters: 2, kernelSize: 2 })),
  "maximum of volumes": () => onVolumes(tf.layers.maxPooling3d({ name: "it", poolSize: 2 })),
  "mean of volumes, padded": () => onVolumes(tf.layers.averagePooling3d({ name: "it", poolSize: 2, padding: "same" })),
  "conv2dTranspose with gaps at the edge": () =>
    tf.layers.conv2dTranspose({ name: "it", filters: 2, kernelSize: 2, strides: 3, padding: "same" }),
};

function onVolumes(layer: tf.layers.Layer): tf.layers.Layer {
  return tf.sequential({ layers: [tf.layers.reshape({ inputShape: [6, 6, 2], targetShape: [3, 4, 6, 1] }), layer] });
}

describe("assertDifferentiable()", () => {
  for (const [name, layer] of Object.entries(UNDIFFERENTIABLE)) {
    test(`names the layer and the engine that trains it, when it is a ${name}`, async () => {
      const before = tf.layers.dense({ inputShape: [6, 6, 2], units: 2 });
      const { topology } = flattenWeights(tf.sequential({ layers: [before, layer(), tf.layers.flatten()] }));
      const error = await catchError(createTfjsEngine({ topology }));
      expect(String(error)).toMatch(/RangeError: layer "it" in TF.js needs .*--engine onnxruntime trains it/);
    });
  }
});
