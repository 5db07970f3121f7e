import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../src/core/parameter_layout.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import type { SimpleMLPOptions } from "../../src/models/options.ts";
import { mlp, simpleMLP } from "../../src/models/simple_mlp.ts";

const SMALL: SimpleMLPOptions = { inputShape: [4, 4, 1], hiddenSize: 8, numClasses: 3 };

function snapshotOf(model: tf.LayersModel): ReturnType<typeof flattenWeights> {
  const snapshot = flattenWeights(model);
  model.dispose();
  return snapshot;
}

describe("simpleMLP", () => {
  test("simpleMLP() has Avalanche's 407,050 parameters, by default", () => {
    const { parameters, state, layout } = snapshotOf(simpleMLP());
    expect(parameters.length).toBe(407_050);
    expect(state.length).toBe(0);
    expect(layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ["fc0/kernel", [784, 512]],
      ["fc0/bias", [512]],
      ["classifier/kernel", [512, 10]],
      ["classifier/bias", [10]],
    ]);
  });

  test("simpleMLP() names and orders its layers alike, when built twice", () => {
    const [first, second] = [simpleMLP({ ...SMALL, hiddenLayers: 2 }), simpleMLP({ ...SMALL, hiddenLayers: 2 })];
    const names = first.layers.map((layer) => layer.name);
    expect(names).toEqual(["flatten", "fc0", "dropout0", "fc1", "dropout1", "classifier"]);
    expect(snapshotOf(first)).toEqual(snapshotOf(second));
  });

  test("simpleMLP() draws other weights, when the seed differs", () => {
    const one = snapshotOf(simpleMLP({ ...SMALL, seed: 1 }));
    const two = snapshotOf(simpleMLP({ ...SMALL, seed: 2 }));
    expect(one.parameters.some((value, i) => value === two.parameters[i])).toBe(false);
  });

  test("simpleMLP() gives raw logits of [N, C], for images and for feature vectors", () => {
    for (const inputShape of [[4, 4, 1], [16]]) {
      const model = simpleMLP({ ...SMALL, inputShape, hiddenLayers: 0 });
      const logits = tf.tidy(() => {
        const output = model.predict(tf.ones([2, ...inputShape]));
        return Array.isArray(output) ? [] : output.arraySync();
      });
      const { parameters, layout } = snapshotOf(model);
      const kernel = viewEntry(parameters, findEntry(layout, "classifier/kernel"));
      const bias = viewEntry(parameters, findEntry(layout, "classifier/bias"));
      const wanted = [0, 1, 2].map((c) => kernel.reduce((sum, w, i) => sum + (i % 3 === c ? w : 0), bias[c] ?? 0));
      expect(JSON.stringify(logits)).toContain("[[");
      [logits].flat(3).forEach((logit, i) => {
        expect(logit).toBeCloseTo(wanted[i % 3] ?? 0, 5);
      });
    }
  });

  test("simpleMLP() puts the activation inside the dense layer, when one is asked for", () => {
    const model = simpleMLP({ ...SMALL, activation: "tanh" });
    expect(model.getLayer("fc0").getConfig().activation).toBe("tanh");
    expect(model.getLayer("classifier").getConfig().activation).toBe("linear");
    model.dispose();
  });

  test("simpleMLP() refuses an option out of its range, when built", () => {
    const bad: SimpleMLPOptions[] = [
      { hiddenLayers: -1 },
      { hiddenLayers: 1.5 },
      { hiddenSize: 0 },
      { numClasses: 0 },
      { dropRate: 1 },
      { dropRate: -0.1 },
      { seed: -1 },
      { inputShape: [] },
      { inputShape: [28, 0] },
    ];
    for (const options of bad) expect(() => simpleMLP(options)).toThrow(RangeError);
    expect(() => simpleMLP({ hiddenLayers: -1 })).toThrow("hiddenLayers");
  });

  test("simpleMLP() names what there is, when an activation is unknown", () => {
    const options = JSON.parse('{"activation":"relo"}');
    expect(() => simpleMLP(options)).toThrow('simpleMLP: activation must be "relu" or "tanh", got "relo"');
  });
});

describe("mlp", () => {
  test("mlp() has two hidden layers and keeps every unit, by default", () => {
    const model = mlp({ inputShape: [16], hiddenSize: 4 });
    expect(model.layers.map((layer) => layer.name)).toEqual(["fc0", "dropout0", "fc1", "dropout1", "classifier"]);
    expect(model.getLayer("dropout0").getConfig().rate).toBe(0);
    model.dispose();
  });

  test("mlp() refuses a dropout of 1, when built", () => {
    expect(() => mlp({ dropout: 1 })).toThrow(RangeError);
  });
});
