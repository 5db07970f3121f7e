import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createModelFromSnapshot, flattenWeights } from "../../src/models/model_snapshot.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";

function createSeparable(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.separableConv2d({ inputShape: [4, 4, 2], filters: 3, kernelSize: 3, depthMultiplier: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2 }),
    ],
  });
}

/** A frozen model within a model, of layers that TF.js freezes in different ways. */
function createPartlyFrozen(): tf.LayersModel {
  const inner = tf.sequential({
    layers: [
      tf.layers.batchNormalization({ inputShape: [4, 2] }),
      tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }) }),
      tf.layers.gru({ units: 3 }),
    ],
  });
  inner.trainable = false;
  return tf.sequential({ layers: [inner, tf.layers.dense({ name: "head", units: 2 })] });
}

function createFrozen(): tf.LayersModel {
  const model = createSeparable();
  model.trainable = false;
  return model;
}

const MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "a separable convolution with a depth multiplier": createSeparable,
  "a model within it that is frozen": createPartlyFrozen,
  "nothing that is trained": createFrozen,
};

describe("takeTopology() gives what engines lay out as the model itself,", () => {
  for (const [name, build] of Object.entries(MODELS)) {
    test(`when the model has ${name}`, async () => {
      const model = build();
      const snapshot = flattenWeights(model);
      const { layout, stateLayout } = parseTopology(snapshot.topology);
      expect({ layout, stateLayout }).toEqual({ layout: snapshot.layout, stateLayout: snapshot.stateLayout });
      const copy = await createModelFromSnapshot(snapshot);
      const { topology, ...vectors } = snapshot;
      expect(flattenWeights(copy)).toMatchObject(vectors);
      model.dispose();
      copy.dispose();
    });
  }

  test("leaves the model as it is, when that is frozen in part", () => {
    const model = createPartlyFrozen();
    const { layout } = flattenWeights(model);
    expect(layout.entries.map(({ name }) => name)).toEqual(["head/kernel", "head/bias"]);
    expect(model.layers.map(({ trainable }) => trainable)).toEqual([false, true]);
    model.dispose();
  });

  test("refuses a model within the model that is called on what does not fit it", () => {
    const inner = tf.sequential({ name: "inner", layers: [tf.layers.dense({ units: 2, inputShape: [5] })] });
    const input = tf.input({ shape: [4] });
    const [output] = [inner.apply(input)].flat();
    if (!(output instanceof tf.SymbolicTensor)) throw new TypeError("Not a symbolic tensor");
    const model = tf.model({ inputs: input, outputs: output });
    expect(() => flattenWeights(model)).toThrow('the model "inner" needs an input [N, 5], got "[N, 4]"');
    model.dispose();
  });
});
