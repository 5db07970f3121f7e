import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { IncrementalClassifier } from "../../../src/engine/tfjs/layers/incremental_classifier.ts";
import { MultiHeadClassifier } from "../../../src/engine/tfjs/layers/multi_head_classifier.ts";
import { withGrowingHead } from "../../../src/models/growth/growing_classifier.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "../../../src/models/model_initialization.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { mlp, simpleMLP } from "../../../src/models/simple_mlp.ts";
import { findUnsupportedLayers } from "../../../src/onnx/topology/parse_topology.ts";

const SMALL = { inputShape: [3], hiddenSize: 4, hiddenLayers: 1 } as const;

/** Names and shapes of a model's tensors. */
function describeWeights(model: tf.LayersModel): Record<string, readonly number[]> {
  const { layout, stateLayout } = flattenWeights(model);
  return Object.fromEntries([...layout.entries, ...stateLayout.entries].map(({ name, shape }) => [name, shape]));
}

describe("simpleMLP() and mlp()", () => {
  test("end in a classifier of two units that grows, when incremental", () => {
    for (const model of [simpleMLP({ ...SMALL, incremental: true }), mlp({ ...SMALL, incremental: true })]) {
      expect(model.inputs.length).toBe(1);
      expect(describeWeights(model)).toEqual({
        "fc0/kernel": [3, 4],
        "fc0/bias": [4],
        "classifier/kernel": [4, 2],
        "classifier/bias": [2],
        "classifier/active": [2],
      });
      expect(findUnsupportedLayers(model.toJSON(undefined, false))).toEqual([]);
    }
  });

  test("end in one head of two units and take task labels, when multi-head", () => {
    for (const hiddenLayers of [0, 2]) {
      const model = simpleMLP({ ...SMALL, hiddenLayers, multiHead: true });
      expect(model.inputs.map(({ sourceLayer }) => sourceLayer.name).at(-1)).toBe("task_labels");
      const features = hiddenLayers === 0 ? 3 : 4;
      expect(describeWeights(model)).toMatchObject({
        "classifier/kernel": [1, features, 2],
        "classifier/bias": [1, 2],
        "classifier/active": [1, 2],
      });
    }
  });

  test("begin with as many units as asked for, all of them inactive", () => {
    const { stateLayout, state } = flattenWeights(mlp({ ...SMALL, incremental: true, initialUnits: 5 }));
    expect(stateLayout.entries).toEqual([{ name: "classifier/active", shape: [5], offset: 0, size: 5 }]);
    expect([...state]).toEqual([0, 0, 0, 0, 0]);
  });

  test("throw a RangeError, when asked for both heads or no unit", () => {
    expect(() => mlp({ incremental: true, multiHead: true })).toThrow(
      "mlp: incremental and multiHead exclude each other",
    );
    expect(() => mlp({ multiHead: true, initialUnits: 0 })).toThrow("mlp: initialUnits must be at least 1, got 0");
  });
});

describe("initializeLikePyTorch() and initializeLikeKeras()", () => {
  test("draw kernels and biases of growing heads by the number of features, and leave active alone", () => {
    for (const options of [{ incremental: true }, { multiHead: true }]) {
      const model = mlp({ ...SMALL, hiddenSize: 25, initialUnits: 30, ...options });
      initializeLikePyTorch(model, new RandomStream(1, "init"));
      const read = () =>
        model
          .getLayer("classifier")
          .getWeights()
          .map((weight) => weight.dataSync<"float32">());
      const largest = (values: Float32Array | undefined) => Math.max(...(values ?? [Number.NaN]).map(Math.abs));
      const [kernel, bias, active] = read();
      expect(largest(kernel)).toBeLessThanOrEqual(0.2);
      expect(largest(kernel)).toBeGreaterThan(0.19);
      expect(largest(bias)).toBeGreaterThan(0.1);
      expect(largest(active)).toBe(0);
      initializeLikeKeras(model, new RandomStream(1, "init"));
      const [glorotKernel, zeroBias, stillInactive] = read();
      expect(largest(glorotKernel)).toBeLessThanOrEqual(Math.sqrt(6 / 55));
      expect(largest(glorotKernel)).toBeGreaterThan(0.95 * Math.sqrt(6 / 55));
      expect(largest(zeroBias)).toBe(0);
      expect(largest(stillInactive)).toBe(0);
    }
  });
});

describe("withGrowingHead()", () => {
  test("puts a head of the same name in place of the last dense layer, and keeps the other weights", () => {
    for (const kind of ["incremental", "multi-head"] as const) {
      const given = simpleMLP({ ...SMALL, seed: 3 });
      const before = flattenWeights(given);
      const model = withGrowingHead(given, kind, { initialUnits: 3, seed: 1 });
      const after = flattenWeights(model);
      expect(model.name).toBe(given.name);
      expect(model.getLayer("classifier").getClassName()).toBe(
        kind === "incremental" ? "IncrementalClassifier" : "MultiHeadClassifier",
      );
      expect(after.parameters.slice(0, 16)).toEqual(before.parameters.slice(0, 16));
      expect(after.parameters.length).toBe(16 + 4 * 3 + 3);
      expect(after.parameters.slice(16).every((value) => value !== 0 && Math.abs(value) <= 0.5)).toBe(true);
    }
  });

  test("throws a RangeError, when the model does not end in a linear dense layer or the kind is unknown", () => {
    const tanh = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], activation: "tanh" })] });
    expect(() => withGrowingHead(simpleMLP(SMALL), "incremental", { keepsWeights: true, initialUnits: 2 })).toThrow(
      "keepsWeights excludes initialUnits",
    );
    expect(() => withGrowingHead(tanh, "incremental")).toThrow("ends in a dense layer without activation");
    const flat = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [3, 1] })] });
    expect(() => withGrowingHead(flat, "incremental")).toThrow(RangeError);
    const kind = JSON.parse('"multihead"');
    expect(() => withGrowingHead(simpleMLP(SMALL), kind)).toThrow(
      'withGrowingHead: kind must be "incremental" or "multi-head", got "multihead"',
    );
  });
});

describe("IncrementalClassifier and MultiHeadClassifier", () => {
  test("throw a RangeError, when a width or the mask's value is out of range", () => {
    expect(() => new IncrementalClassifier({ units: 0 })).toThrow(
      "IncrementalClassifier: units must be at least 1, got 0",
    );
    expect(() => new IncrementalClassifier({ units: 1, maskValue: Number.NEGATIVE_INFINITY })).toThrow("maskValue");
    expect(() => new MultiHeadClassifier({ headUnits: [] })).toThrow(
      "headUnits must be an array of at least one element",
    );
    expect(() => new MultiHeadClassifier({ headUnits: [0, 0] })).toThrow("a head with a unit");
    expect(() => new MultiHeadClassifier({ headUnits: [1.5] })).toThrow(
      "MultiHeadClassifier: headUnits[0] must be a whole number, got 1.5",
    );
  });

  test("refuse to be put on inputs of other shapes", () => {
    const image = tf.input({ shape: [2, 2] });
    expect(() => new IncrementalClassifier({ units: 2 }).apply(image)).toThrow("an input [N, in]");
    const features = tf.input({ shape: [2] });
    const wanted = "two inputs, features [N, in] and task labels [N]";
    expect(() => new MultiHeadClassifier({ headUnits: [2] }).apply(features)).toThrow(wanted);
    expect(() => new MultiHeadClassifier({ headUnits: [2] }).apply([features, features])).toThrow(wanted);
  });
});
