import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { listFirstOutputs } from "../../../src/engine/tfjs/model_layers.ts";
import { loadModel } from "../../../src/engine/tfjs/model_loading.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { slimResNet18 } from "../../../src/models/slim_resnet18.ts";
import { cutUpperPart } from "../../../src/onnx/topology/cut_upper_part.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createNestedModel } from "../../support/nested_model.ts";

/** A value for every element, near 0. */
function fill(shape: readonly number[]): tf.Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return tf.tensor(
    Float32Array.from({ length }, (_, i) => Math.sin(i)),
    [...shape],
  );
}

/** The part behind a layer, with the whole model's values. */
async function cut(model: tf.LayersModel, layerName: string): Promise<tf.LayersModel> {
  const [output] = listFirstOutputs(model.getLayer(layerName));
  const sampleShape = (output?.shape.slice(1) ?? []).map(Number);
  const part = await loadModel(cutUpperPart(flattenWeights(model).topology, { layerName, sampleShape }));
  for (const layer of part.layers) {
    if (layer.weights.length > 0) layer.setWeights(model.getLayer(layer.name).getWeights());
  }
  return part;
}

/** What the layer gives, and what the model gives, for the same made samples. */
function computeBoth(model: tf.LayersModel, layerName: string): tf.Tensor[] {
  const both = tf.model({
    inputs: model.inputs,
    outputs: [...listFirstOutputs(model.getLayer(layerName)), ...model.outputs],
  });
  const inputs = model.inputs.map(({ shape, dtype }) =>
    dtype === "int32" ? tf.tensor1d([0, 0], "int32") : fill([2, ...shape.slice(1).map(Number)]),
  );
  return [both.apply(inputs)].flat().filter((value) => value instanceof tf.Tensor);
}

describe("cutUpperPart()", () => {
  const models: Record<string, { readonly model: tf.LayersModel; readonly layers: readonly string[] }> = {
    "a sequential model": { model: mlp({ ...SMALL_MLP, hiddenLayers: 2 }), layers: ["fc0", "fc1"] },
    "a head that grows": { model: mlp({ ...SMALL_MLP, incremental: true }), layers: ["fc0"] },
    "heads of several tasks": { model: mlp({ ...SMALL_MLP, multiHead: true }), layers: ["fc0"] },
    "a model that begins with another": { model: createNestedModel("begins a sequential model"), layers: ["trunk"] },
    "a model within a functional one": { model: createNestedModel("is in a functional model"), layers: ["trunk"] },
    "a network with shortcuts": {
      model: slimResNet18({ inputShape: [8, 8, 2], numClasses: 4 }),
      layers: ["stem_relu", "stage1_block0_relu1", "global_pool"],
    },
  };
  for (const [name, { model, layers }] of Object.entries(models)) {
    test(`gives a part that computes as the whole does, for ${name}`, async () => {
      for (const layerName of layers) {
        const [given, wanted] = computeBoth(model, layerName);
        const part = await cut(model, layerName);
        const inputs = part.inputs.map(({ dtype }) => (dtype === "int32" ? tf.tensor1d([0, 0], "int32") : given));
        const made = part.apply(inputs.filter((input) => input !== undefined));
        const difference = tf.max(tf.abs(tf.sub([made].flat()[0] as tf.Tensor, wanted as tf.Tensor))).dataSync()[0];
        expect(difference).toBeLessThan(1e-6);
      }
    });
  }

  test("leaves the topology that it is given as it is", () => {
    const { topology } = flattenWeights(slimResNet18({ inputShape: [8, 8, 2], numClasses: 4 }));
    const before = structuredClone(topology);
    cutUpperPart(topology, { layerName: "stem_relu", sampleShape: [8, 8, 20] });
    expect(topology).toEqual(before);
  });

  test("refuses layers that there are not, the last, and those that some way goes past", () => {
    const sequential = flattenWeights(mlp(SMALL_MLP)).topology;
    expect(() => cutUpperPart(sequential, { layerName: "fc1", sampleShape: [8] })).toThrow("did you mean fc0");
    expect(() => cutUpperPart(sequential, { layerName: "classifier", sampleShape: [4] })).toThrow("before the last");
    const residual = flattenWeights(slimResNet18({ inputShape: [8, 8, 2], numClasses: 4 })).topology;
    expect(() => cutUpperPart(residual, { layerName: "classifier", sampleShape: [4] })).toThrow("before the last");
    const wanted = "all ways from the samples to the outputs go through";
    const inside = { layerName: "stage0_block0_norm0", sampleShape: [8, 8, 20] };
    expect(() => cutUpperPart(residual, inside)).toThrow(wanted);
  });
});
