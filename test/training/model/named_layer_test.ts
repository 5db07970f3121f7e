import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { CoPEPlugin } from "../../../src/methods/cope/cope_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SCRPlugin } from "../../../src/methods/scr/scr_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import {
  assertDenseLayer,
  assertFeatureLayer,
  assertFixedOutputs,
  assertLayer,
  findFeatureLayer,
} from "../../../src/training/model/named_layer.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeOptions } from "../loop/made_strategy.ts";

const small = mlp({ ...SMALL_MLP, dropout: 0.5 });
const last = small.outputs[0]?.sourceLayer.name ?? "";

describe("assertLayer()", () => {
  test("lets the model's layers pass, and names the nearest to any other", () => {
    for (const { name } of small.layers) expect(() => assertLayer("cut", small, name)).not.toThrow();
    expect(() => assertLayer("cut", small, "fc9")).toThrow('cut: unknown layer "fc9", did you mean fc0?');
  });
});

describe("assertDenseLayer()", () => {
  test("lets layers with a kernel [in, out] pass: dense ones, and one head that grows", () => {
    for (const name of ["fc0", last]) expect(() => assertDenseLayer("use it", small, name)).not.toThrow();
    const growing = mlp({ ...SMALL_MLP, incremental: true });
    expect(() => assertDenseLayer("use it", growing, growing.outputs[0]?.sourceLayer.name ?? "")).not.toThrow();
  });

  test("refuses layers that are not there, have no kernel, or one of another rank, and heads a task", () => {
    const image = tf.sequential({
      layers: [
        tf.layers.conv2d({ name: "conv0", inputShape: [4, 4, 1], filters: 2, kernelSize: 2 }),
        tf.layers.flatten({ name: "flatten" }),
        tf.layers.dense({ name: "dense0", units: 3 }),
      ],
    });
    for (const name of ["conv0", "flatten", "dense1"]) {
      expect(() => assertDenseLayer("use it", image, name)).toThrow(`use it: unknown dense layer "${name}"`);
    }
    expect(() => assertDenseLayer("use it", image, "dense1")).toThrow("did you mean dense0?");
    expect(() => assertDenseLayer("use it", image, "conv0")).toThrow("dense0");
    const multiHead = mlp({ ...SMALL_MLP, multiHead: true });
    const head = multiHead.outputs[0]?.sourceLayer.name ?? "";
    expect(() => assertDenseLayer("use it", multiHead, head)).toThrow("unknown dense layer");
  });
});

describe("assertFeatureLayer()", () => {
  test("takes the layer before the last where none is named, and refuses models without one", () => {
    const alone = mlp({ ...SMALL_MLP, hiddenLayers: 0 });
    const [input] = alone.layers;
    expect(() => assertFeatureLayer("extract", small, undefined)).not.toThrow();
    expect(() => assertFeatureLayer("extract", small, "fc")).toThrow('extract: unknown layer "fc"');
    for (const head of [{ multiHead: true }, { incremental: true }]) {
      const growing = mlp({ ...SMALL_MLP, ...head });
      const name = growing.outputs[0]?.sourceLayer.name ?? "";
      expect(() => assertFeatureLayer("extract", growing, name)).toThrow("a layer before the heads that grow, got");
      expect(() => assertFeatureLayer("extract", growing, "fc0")).not.toThrow();
    }
    expect(findFeatureLayer(small)).not.toBe(last);
    expect(small.layers.map(({ name }) => name)).toContain(findFeatureLayer(small));
    if (input) expect(() => assertFeatureLayer("extract", alone, input.name)).not.toThrow();
  });
});

describe("assertFixedOutputs()", () => {
  test("refuses heads that grow, so that embeddings are not masked", () => {
    expect(() => assertFixedOutputs("compare", small)).not.toThrow();
    for (const growing of [{ incremental: true }, { multiHead: true }]) {
      const model = mlp({ ...SMALL_MLP, ...growing });
      const wanted = "compare needs a model whose outputs are embeddings, none with a head that grows, got";
      expect(() => assertFixedOutputs("compare", model)).toThrow(wanted);
      const plugins = [[new SCRPlugin()], [new CoPEPlugin()]];
      for (const chosen of plugins)
        expect(() => new Naive(makeOptions({ model, plugins: chosen }))).toThrow("embeddings");
    }
  });
});
