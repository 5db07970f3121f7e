import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { createTfjsEngine } from "../../src/engine/tfjs/tfjs_engine.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createNestedModel, NESTINGS } from "../support/nested_model.ts";
import { describeActivations } from "./engine_activation_laws.ts";
import { applyTo, drawInput, drawVectors, measureDifference, takeApart } from "./engine_fixtures.ts";

/** Both compute in float32 and add in different orders; values are of the order of 1. */
const TOLERANCE = 1e-5;

/** Convolutions that lie in memory with their channels first, a sum of two ways, and a pool. */
function createImageModel(): tf.LayersModel {
  const input = tf.input({ shape: [6, 5, 2], name: "images" });
  const convolve = (name: string, x: tf.SymbolicTensor) =>
    applyTo(tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: "same", useBias: false }), x);
  const first = applyTo(tf.layers.batchNormalization({ name: "norm" }), convolve("first", input));
  const active = applyTo(tf.layers.reLU({ name: "active" }), first);
  const sum = applyTo(tf.layers.add({ name: "sum" }), [convolve("second", active), active]);
  const pooled = applyTo(tf.layers.averagePooling2d({ name: "pool", poolSize: 2 }), sum);
  const flat = applyTo(tf.layers.flatten({ name: "flat" }), pooled);
  return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ name: "head", units: 3 }), flat) });
}

describe("createOnnxruntimeEngine(), activations", () => {
  describeActivations((topology) => createOnnxruntimeEngine({ spec: parseTopology(topology) }), TOLERANCE);
});

describe("createTfjsEngine(), activations", () => {
  describeActivations((topology) => createTfjsEngine({ topology }), TOLERANCE);

  test("close() gives everything back, when layers were asked for", async () => {
    const { topology } = takeApart(createImageModel());
    const before = tf.memory().numTensors;
    const engine = await createTfjsEngine({ topology });
    const vectors = drawVectors(engine);
    const ask = async (name: string) => {
      const shape = (await engine.activationShape?.(name)) ?? [];
      const out = new Float32Array(shape.reduce((product, length) => product * length, 2));
      await engine.activations?.(vectors, drawInput(2, { sampleShape: [6, 5, 2] }), name, out);
    };
    for (const name of ["norm", "flat", "norm"]) await ask(name);
    await engine.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("activations()", () => {
  test("are equal in both engines, channels last, when the model is of convolutions", async () => {
    const { topology } = takeApart(createImageModel());
    const engines: Engine[] = [
      await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
      await createTfjsEngine({ topology }),
    ];
    const [ours, reference] = engines;
    const vectors = drawVectors(ours ?? { layout: { entries: [], size: 0 }, stateLayout: { entries: [], size: 0 } });
    for (const mode of ["eval", "train"] as const) {
      const input = drawInput(3, { sampleShape: [6, 5, 2], mode });
      for (const name of ["images", "first", "norm", "active", "second", "sum", "pool", "flat", "head"]) {
        const shape = (await ours?.activationShape?.(name)) ?? [];
        expect(await reference?.activationShape?.(name)).toEqual(shape);
        const results = engines.map(() => new Float32Array(shape.reduce((product, length) => product * length, 3)));
        for (const [i, engine] of engines.entries()) {
          await engine.activations?.(vectors, input, name, results[i] ?? new Float32Array(0));
        }
        const [a = new Float32Array(0), b = new Float32Array(1)] = results;
        expect(measureDifference(a, b)).toBeLessThan(TOLERANCE);
      }
    }
    for (const engine of engines) await engine.close();
  });

  for (const nesting of NESTINGS) {
    test(`are those of a model within the model by its name, when it ${nesting}`, async () => {
      const { topology } = takeApart(createNestedModel(nesting));
      const ours = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      const reference = await createTfjsEngine({ topology });
      const vectors = drawVectors(ours);
      const input = drawInput(3, { sampleShape: [6] });
      const ask = async (engine: Engine, name: string) => {
        expect(await engine.activationShape?.(name)).toEqual([3]);
        const out = new Float32Array(9);
        await engine.activations?.(vectors, input, name, out);
        return out;
      };
      const trunk = await ask(ours, "trunk");
      expect(trunk).toEqual(await ask(ours, "top"));
      expect(measureDifference(trunk, await ask(reference, "trunk"))).toBeLessThan(TOLERANCE);
      await expect(ours.activationShape?.("trank")).rejects.toThrow("did you mean trunk");
      await ours.close();
      await reference.close();
    });
  }
});
