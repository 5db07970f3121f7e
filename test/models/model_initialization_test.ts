import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../src/core/parameter_layout.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "../../src/models/model_initialization.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";

function createConvolutionalModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "conv", inputShape: [8, 8, 3], filters: 20, kernelSize: 3 }),
      tf.layers.depthwiseConv2d({ name: "depthwise", kernelSize: 3 }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.flatten({ name: "flatten" }),
      tf.layers.dense({ name: "dense", units: 30 }),
    ],
  });
}

/** The weights of `name` after `initialize`, and the model is gone. */
function drawWeights(initialize: typeof initializeLikePyTorch, seed = 0): (name: string) => Float32Array {
  const model = createConvolutionalModel();
  initialize(model, new RandomStream(seed, "init"));
  const { layout, parameters } = flattenWeights(model);
  model.dispose();
  return (name) => viewEntry(parameters, findEntry(layout, name));
}

/** All values lie within the bound, reach near it, and have the mean and deviation of a uniform draw. */
function expectUniform(values: Float32Array, bound: number): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(largest).toBeGreaterThan(bound * 0.9);
  expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * values.length));
  if (values.length > 400) expect(variance / (bound * bound)).toBeCloseTo(1 / 3, 1);
}

describe("initializeLikePyTorch", () => {
  test("initializeLikePyTorch() draws kernels and biases from U(±1/√fanIn), for dense and convolutional layers", () => {
    const weights = drawWeights(initializeLikePyTorch);
    expectUniform(weights("conv/kernel"), 1 / Math.sqrt(27));
    expectUniform(weights("conv/bias"), 1 / Math.sqrt(27));
    expectUniform(weights("depthwise/depthwise_kernel"), 1 / 3);
    expectUniform(weights("dense/kernel"), 1 / Math.sqrt(320));
    expectUniform(weights("dense/bias"), 1 / Math.sqrt(320));
  });

  test("initializeLikePyTorch() keeps batch normalisation as it was, when the model has some", () => {
    const weights = drawWeights(initializeLikePyTorch);
    expect(weights("norm/gamma").every((value) => value === 1)).toBe(true);
    expect(weights("norm/beta").every((value) => value === 0)).toBe(true);
  });

  test("initializeLikePyTorch() draws embeddings from N(0, 1), when the model has some", () => {
    const model = tf.sequential({
      layers: [tf.layers.embedding({ name: "words", inputDim: 100, outputDim: 20, inputLength: 4 })],
    });
    initializeLikePyTorch(model, new RandomStream(3, "init"));
    const { parameters } = flattenWeights(model);
    model.dispose();
    const deviation = Math.sqrt(parameters.reduce((sum, value) => sum + value * value, 0) / parameters.length);
    expect(deviation).toBeCloseTo(1, 1);
    expect(parameters.some((value) => Math.abs(value) > 2.5)).toBe(true);
  });

  test("initializeLikePyTorch() reaches the layers of nested models, when there are some", () => {
    const inner = tf.sequential({ layers: [tf.layers.dense({ name: "inner_dense", inputShape: [4], units: 4 })] });
    const model = tf.sequential({ layers: [inner, tf.layers.dense({ name: "outer_dense", units: 2 })] });
    const before = flattenWeights(model).parameters;
    initializeLikePyTorch(model, new RandomStream(3, "init"));
    const after = flattenWeights(model).parameters;
    expect(after.every((value, i) => value !== before[i])).toBe(true);
    model.dispose();
  });

  test("initializeLikePyTorch() draws the same weights, when the stream is the same", () => {
    const [one, two] = [drawWeights(initializeLikePyTorch, 5), drawWeights(initializeLikePyTorch, 5)];
    expect([...one("conv/kernel")]).toEqual([...two("conv/kernel")]);
  });
});

describe("initializeLikeKeras", () => {
  test("initializeLikeKeras() draws Glorot-uniform kernels and zero biases, for dense and convolutional layers", () => {
    const weights = drawWeights(initializeLikeKeras);
    expectUniform(weights("conv/kernel"), Math.sqrt(6 / (9 * (3 + 20))));
    expectUniform(weights("dense/kernel"), Math.sqrt(6 / (320 + 30)));
    expect(weights("conv/bias").every((value) => value === 0)).toBe(true);
    expect(weights("dense/bias").every((value) => value === 0)).toBe(true);
  });
});
