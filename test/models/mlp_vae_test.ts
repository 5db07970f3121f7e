import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../src/core/parameter_layout.ts";
import { fillNoise } from "../../src/engine/noise.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { mlpVAE } from "../../src/models/mlp_vae.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";

const SMALL = { inputShape: [2, 3], latentSize: 2, hiddenSizes: [5, 4] } as const;

/** Dense layers by name, in plain loops and double precision. */
function createSlowModel(model: tf.LayersModel) {
  const { parameters, layout } = flattenWeights(model);
  const read = (name: string) => [...viewEntry(parameters, findEntry(layout, name))];
  return (layer: string, x: readonly number[], activation = (value: number) => value): number[] => {
    const [kernel, bias] = [read(`${layer}/kernel`), read(`${layer}/bias`)];
    return bias.map((start, unit) =>
      activation(x.reduce((sum, value, i) => sum + value * (kernel[i * bias.length + unit] ?? 0), start)),
    );
  };
}

const relu = (value: number) => Math.max(0, value);

describe("mlpVAE()", () => {
  for (const outputRange of [undefined, [-1, 3] as const]) {
    test(`computes what slow loops compute, with the noise of the key${outputRange ? ", in a range" : ""}`, async () => {
      const { model, latentSize } = mlpVAE({ ...SMALL, seed: 4, ...(outputRange ? { outputRange } : {}) });
      const { topology, ...vectors } = flattenWeights(model);
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      const dropoutKey = { seed: 5, step: 6, shard: 1 };
      const x = Float32Array.from({ length: 6 }, (_, i) => Math.sin(i));
      const noise = new Float32Array(latentSize);
      fillNoise(noise, { kind: "normal", mean: 0, deviation: 1 }, dropoutKey, 0);
      const dense = createSlowModel(model);
      const encoded = dense("encoder1", dense("encoder0", [...x], relu), relu);
      const [mean, logVariance] = [dense("mean", encoded), dense("log_variance", encoded)];
      for (const mode of ["train", "eval"] as const) {
        const latent = mean.map((value, l) =>
          mode === "eval" ? value : value + Math.sqrt(Math.exp(logVariance[l] ?? 0)) * (noise[l] ?? 0),
        );
        const stretch = (z: number) => (outputRange ? -1 + 4 / (1 + Math.exp(-z)) : z);
        const decoded = dense("decoder1", dense("decoder0", latent, relu), relu);
        const wanted = [...dense("reconstruction", decoded, stretch), ...mean, ...logVariance];
        const outputs = new Float32Array(engine.outputSize);
        const input = { x: { data: x, shape: [1, 2, 3] }, taskLabels: Int32Array.of(0), mode, dropoutKey };
        await engine.forward(vectors, input, outputs);
        expect(outputs.length).toBe(6 + 2 * latentSize);
        for (const [i, value] of outputs.entries()) expect(Math.abs(value - (wanted[i] ?? 0))).toBeLessThan(1e-5);
      }
      await engine.close();
      model.dispose();
    });
  }

  test("has a decoder of the model's own layers, and frees all tensors", () => {
    const before = tf.memory().numTensors;
    const { model, createDecoder } = mlpVAE(SMALL);
    const after = tf.memory().numTensors;
    const decoder = createDecoder();
    const names = flattenWeights(decoder).layout.entries.map(({ name }) => name);
    expect(names).toEqual(
      ["decoder0", "decoder1", "reconstruction"].flatMap((layer) => [`${layer}/kernel`, `${layer}/bias`]),
    );
    expect(decoder.getLayer("decoder0")).toBe(model.getLayer("decoder0"));
    decoder.dispose();
    expect(tf.memory().numTensors).toBe(after);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("draws the same weights from the same seed, others from another", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => flattenWeights(mlpVAE({ ...SMALL, seed }).model).parameters);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  test("refuses options out of range", () => {
    expect(() => mlpVAE({ latentSize: 0 })).toThrow("latentSize");
    expect(() => mlpVAE({ hiddenSizes: [4, 1.5] })).toThrow("hiddenSizes");
    expect(() => mlpVAE({ inputShape: [] })).toThrow("inputShape");
    expect(() => mlpVAE({ outputRange: [1, 1] })).toThrow("outputRange");
    expect(() => mlpVAE({ seed: -1 })).toThrow("seed");
  });
});
