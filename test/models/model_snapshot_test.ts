import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { createModelFromSnapshot, flattenWeights, restoreWeights } from "../../src/models/model_snapshot.ts";
import { simpleMLP } from "../../src/models/simple_mlp.ts";

function createNormalisedModel(): tf.LayersModel {
  return tf.sequential({
    name: "normalised",
    layers: [
      tf.layers.dense({ name: "dense", inputShape: [3], units: 4 }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.dense({ name: "frozen", units: 2, trainable: false }),
    ],
  });
}

describe("flattenWeights", () => {
  test("flattenWeights() keeps moving statistics and frozen weights apart, when the model has some", () => {
    const model = createNormalisedModel();
    const { layout, stateLayout, parameters, state } = flattenWeights(model);
    model.dispose();
    expect(layout.entries.map((entry) => entry.name)).toEqual([
      "dense/kernel",
      "dense/bias",
      "norm/gamma",
      "norm/beta",
    ]);
    expect(stateLayout.entries.map((entry) => entry.name)).toEqual([
      "norm/moving_mean",
      "norm/moving_variance",
      "frozen/kernel",
      "frozen/bias",
    ]);
    expect([parameters.length, state.length]).toEqual([layout.size, stateLayout.size]);
  });

  test("flattenWeights() copies, so that later training does not show in the snapshot", () => {
    const model = simpleMLP({ inputShape: [2], hiddenLayers: 0, numClasses: 2 });
    const { parameters } = flattenWeights(model);
    const before = [...parameters];
    restoreWeights(model, { parameters: new Float32Array(6).fill(9), state: new Float32Array(0) });
    expect([...parameters]).toEqual(before);
    model.dispose();
  });

  test("flattenWeights() gives a topology that survives JSON, when parsed again", () => {
    const model = createNormalisedModel();
    const { topology } = flattenWeights(model);
    expect(JSON.parse(JSON.stringify(topology)).class_name).toBe("Sequential");
    model.dispose();
  });

  test("flattenWeights() refuses weights of one name, when nested models share layer names", () => {
    const inner = tf.sequential({ layers: [tf.layers.dense({ name: "twin", inputShape: [2], units: 2 })] });
    const model = tf.sequential({ layers: [inner, tf.layers.dense({ name: "twin", units: 2 })] });
    expect(() => flattenWeights(model)).toThrow("twin/kernel");
    model.dispose();
  });

  test("flattenWeights() leaves no tensor behind, when called", () => {
    const model = createNormalisedModel();
    const before = tf.memory().numTensors;
    flattenWeights(model);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe("restoreWeights", () => {
  test("restoreWeights() undoes flattenWeights(), from shared memory too", () => {
    const model = createNormalisedModel();
    const before = tf.memory().numTensors;
    const { layout, stateLayout } = flattenWeights(model);
    const vectors = { parameters: createSharedFloat32(layout.size), state: createSharedFloat32(stateLayout.size) };
    for (let i = 0; i < layout.size; i++) vectors.parameters[i] = i;
    for (let i = 0; i < stateLayout.size; i++) vectors.state[i] = -i;
    restoreWeights(model, vectors);
    vectors.parameters.fill(0);
    const restored = flattenWeights(model);
    expect([...restored.parameters]).toEqual(Array.from({ length: layout.size }, (_, i) => i));
    expect(restored.state[3]).toBe(-3);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test("restoreWeights() refuses vectors of another length, when called", () => {
    const model = createNormalisedModel();
    const vectors = { parameters: new Float32Array(3), state: new Float32Array(18) };
    expect(() => restoreWeights(model, vectors)).toThrow(RangeError);
    model.dispose();
  });
});

describe("createModelFromSnapshot", () => {
  test("createModelFromSnapshot() builds an equal model, from data that went through JSON", async () => {
    const model = simpleMLP({ inputShape: [4, 4, 1], hiddenSize: 8, seed: 3 });
    const snapshot = flattenWeights(model);
    const copy = await createModelFromSnapshot({
      ...snapshot,
      topology: JSON.parse(JSON.stringify(snapshot.topology)),
    });
    expect(flattenWeights(copy)).toEqual(snapshot);
    model.dispose();
    copy.dispose();
  });
});
