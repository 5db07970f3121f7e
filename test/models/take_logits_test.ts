import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { countOutputs } from "../../src/engine/tfjs/model_layers.ts";
import { createModelFromSnapshot, flattenWeights } from "../../src/models/model_snapshot.ts";
import { takeLogits } from "../../src/models/take_logits.ts";
import { applyTo } from "../engine/engine_fixtures.ts";

const FEATURES = 4;
const { layers } = tf;

function stack(...parts: tf.layers.Layer[]): tf.LayersModel {
  return tf.sequential({ layers: [layers.dense({ inputShape: [FEATURES], units: 3 }), ...parts] });
}

/** A functional model whose output goes through these layers. */
function chain(...parts: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: [FEATURES] });
  const outputs = parts.reduce<tf.SymbolicTensor>((x, layer) => applyTo(layer, x), input);
  return tf.model({ inputs: input, outputs });
}

/** MobileNet 1 as tf.keras exports it: the classifier is a convolution, and a reshape comes behind its softmax. */
function createMobileNetEnd(): tf.LayersModel {
  return chain(
    layers.reshape({ targetShape: [1, 1, FEATURES] }),
    layers.conv2d({ filters: 3, kernelSize: 1 }),
    layers.activation({ activation: "softmax" }),
    layers.reshape({ targetShape: [3] }),
  );
}

const ENDS: Readonly<Record<string, { readonly build: () => tf.LayersModel; readonly link: "softmax" | "sigmoid" }>> = {
  "a dense layer with a softmax": {
    build: () => stack(layers.dense({ units: 3, activation: "softmax" })),
    link: "softmax",
  },
  "a dense layer with a sigmoid": {
    build: () => stack(layers.dense({ units: 3, activation: "sigmoid" })),
    link: "sigmoid",
  },
  "a Softmax layer": { build: () => stack(layers.softmax()), link: "softmax" },
  "an Activation layer": { build: () => stack(layers.activation({ activation: "sigmoid" })), link: "sigmoid" },
  "a softmax in a functional model": {
    build: () =>
      chain(layers.dense({ units: 5, activation: "tanh" }), layers.dense({ units: 3, activation: "softmax" })),
    link: "softmax",
  },
  "a softmax in a model within the model": {
    build: () => stack(tf.sequential({ layers: [layers.dense({ inputShape: [3], units: 3, activation: "softmax" })] })),
    link: "softmax",
  },
  "a softmax before a reshape, as MobileNet": { build: createMobileNetEnd, link: "softmax" },
  "a softmax and dropout": {
    build: () => stack(layers.activation({ activation: "softmax" }), layers.dropout({ rate: 0.5 })),
    link: "softmax",
  },
};

describe("takeLogits() leaves out what makes probabilities of logits,", () => {
  for (const [name, { build, link }] of Object.entries(ENDS)) {
    test(`when the model ends in ${name}`, async () => {
      const model = build();
      const snapshot = flattenWeights(model);
      const before = JSON.stringify(snapshot.topology);
      const topology = takeLogits(snapshot.topology, model);
      expect(JSON.stringify(snapshot.topology)).toBe(before);
      if (!topology) throw new Error("There are logits to be taken");
      const ofLogits = await createModelFromSnapshot({ ...snapshot, topology });
      expect(flattenWeights(ofLogits).layout).toEqual(snapshot.layout);
      const wanted = await answer(model);
      expect(await answer(ofLogits)).not.toEqual(wanted);
      (await answer(ofLogits, link)).forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
      });
      model.dispose();
      ofLogits.dispose();
    });
  }
});

describe("takeLogits() takes nothing,", () => {
  const others: Readonly<Record<string, () => tf.LayersModel>> = {
    "the model gives logits": () => stack(layers.dense({ units: 3 })),
    "a softmax is among its hidden layers": () => stack(layers.softmax(), layers.dense({ units: 3 })),
    "its last activation is another": () => stack(layers.dense({ units: 3, activation: "tanh" })),
    "each of several questions has a softmax of its own": () =>
      chain(
        layers.reshape({ targetShape: [2, 2] }),
        layers.dense({ units: 3, activation: "softmax" }),
        layers.flatten(),
      ),
    "the layer with the softmax is called twice": () => {
      const shared = layers.dense({ units: FEATURES, activation: "softmax" });
      return chain(shared, shared);
    },
    "other layers take its probabilities, too": () => {
      const input = tf.input({ shape: [FEATURES] });
      const chances = applyTo(layers.dense({ units: 3, activation: "softmax" }), input);
      return tf.model({ inputs: input, outputs: applyTo(layers.multiply(), [chances, chances]) });
    },
  };
  for (const [name, build] of Object.entries(others)) {
    test(`when ${name}`, () => {
      const model = build();
      expect(takeLogits(flattenWeights(model).topology, model)).toBeUndefined();
      model.dispose();
    });
  }
});

/** What a model gives for three samples, through a function that makes probabilities of logits if asked for. */
async function answer(model: tf.LayersModel, link?: "softmax" | "sigmoid"): Promise<number[]> {
  const x = tf.tensor(
    Array.from({ length: 3 * FEATURES }, (_, i) => Math.sin(i)),
    [3, FEATURES],
  );
  const outputs = tf.tidy(() => {
    const logits = tf.reshape([model.predict(x)].flat()[0] ?? x, [3, countOutputs(model)]);
    if (link === undefined) return logits;
    return link === "softmax" ? tf.softmax(logits) : tf.sigmoid(logits);
  });
  const values = [...(await outputs.data())];
  tf.dispose([x, outputs]);
  return values;
}
