import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { createTfjsEngine } from "../../src/engine/tfjs/tfjs_engine.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import {
  applyTo,
  catchError,
  computeOutputs,
  drawInput,
  drawVectors,
  FEATURES,
  measureDifference,
  takeApart,
} from "./engine_fixtures.ts";

const engines: Record<string, (topology: ModelTopology) => Promise<Engine>> = {
  createOnnxruntimeEngine: (topology) => createOnnxruntimeEngine({ spec: parseTopology(topology) }),
  createTfjsEngine: (topology) => createTfjsEngine({ topology }),
};

/** Smooth, so that central differences hold; the units that training drops are the same at every call. */
function createSmoothModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "hidden", units: 6, activation: "tanh", inputShape: [FEATURES] }),
      tf.layers.dropout({ name: "drop", rate: 0.4 }),
      tf.layers.dense({ name: "classifier", units: 3 }),
    ],
  });
}

/** Strides, padding, batch statistics, two ways through, a pool. */
function createImageModel(): tf.LayersModel {
  const input = tf.input({ shape: [6, 5, 2], name: "images" });
  const convolve = (name: string, x: tf.SymbolicTensor, strides = 1) =>
    applyTo(tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: "same", strides }), x);
  const first = applyTo(tf.layers.batchNormalization({ name: "norm" }), convolve("first", input, 2));
  const active = applyTo(tf.layers.activation({ name: "active", activation: "tanh" }), first);
  const sum = applyTo(tf.layers.add({ name: "sum" }), [convolve("second", active), active]);
  const pooled = applyTo(tf.layers.averagePooling2d({ name: "pool", poolSize: 2 }), sum);
  const flat = applyTo(tf.layers.flatten({ name: "flat" }), pooled);
  return tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ name: "head", units: 3 }), flat) });
}

function createIdModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.embedding({ name: "table", inputDim: 5, outputDim: 4, inputShape: [2] }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "head", units: 3 }),
    ],
  });
}

/** A weight for every output of `rows` rows. */
function drawOutputGradient(rows: number): Float32Array {
  return Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(1 + i));
}

async function compute(engine: Engine, vectors: ModelVectors, input: EngineInput): Promise<Float32Array> {
  const out = new Float32Array(input.x.data.length).fill(Number.NaN);
  await engine.inputGradients?.(vectors, input, drawOutputGradient(input.x.shape[0] ?? 0), out);
  return out;
}

/** Central differences of Σ dOutputs · outputs. */
async function computeSlowly(engine: Engine, vectors: ModelVectors, input: EngineInput): Promise<number[]> {
  const weights = drawOutputGradient(input.x.shape[0] ?? 0);
  const measure = async (position: number, by: number) => {
    const x = { ...input.x, data: input.x.data.map((value, i) => (i === position ? value + by : value)) };
    const outputs = await computeOutputs(engine, { ...vectors, state: vectors.state.slice() }, { ...input, x });
    return outputs.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
  };
  const slopes: number[] = [];
  for (let i = 0; i < input.x.data.length; i++)
    slopes.push(((await measure(i, 0.02)) - (await measure(i, -0.02))) / 0.04);
  return slopes;
}

for (const [name, create] of Object.entries(engines)) {
  describe(`${name}(), gradients of the samples`, () => {
    test("inputGradients() are those of central differences, when evaluating and when training", async () => {
      const models = [
        { model: createSmoothModel(), options: {} },
        { model: createImageModel(), options: { sampleShape: [6, 5, 2] } },
      ];
      for (const { model, options } of models) {
        const engine = await create(takeApart(model).topology);
        const vectors = drawVectors(engine);
        for (const mode of ["eval", "train"] as const) {
          const input = drawInput(3, { mode, ...options });
          const wanted = await computeSlowly(engine, vectors, input);
          expect(measureDifference(await compute(engine, vectors, input), Float32Array.from(wanted))).toBeLessThan(
            5e-3,
          );
        }
        await engine.close();
      }
    });

    test("inputGradients() leaves the state as it was, and writes into shared memory", async () => {
      const engine = await create(takeApart(createImageModel()).topology);
      const vectors = drawVectors(engine);
      const before = vectors.state.slice();
      const input = drawInput(4, { mode: "train", sampleShape: [6, 5, 2] });
      const wanted = await compute(engine, vectors, input);
      const shared = createSharedFloat32(wanted.length).fill(Number.NaN);
      await engine.inputGradients?.(vectors, input, drawOutputGradient(4), shared);
      expect(measureDifference(shared, wanted)).toBe(0);
      expect(vectors.state).toEqual(before);
      await engine.close();
    });

    test("refuses samples that are ids, and results of another length", async () => {
      const ids = await create(takeApart(createIdModel()).topology);
      await expect(ids.assertInputGradients?.()).rejects.toThrow(RangeError);
      await expect(ids.assertInputGradients?.()).rejects.toThrow("are ids");
      await ids.close();
      const engine = await create(takeApart(createSmoothModel()).topology);
      await engine.assertInputGradients?.();
      const input = drawInput(2);
      const wrong = engine.inputGradients?.(drawVectors(engine), input, drawOutputGradient(2), new Float32Array(3));
      expect(String(await catchError(wrong ?? Promise.resolve()))).toMatch(/RangeError: .*got 3/);
      await engine.close();
    });
  });
}

describe("inputGradients()", () => {
  test("leaves no tensor behind in TF.js", async () => {
    const { topology } = takeApart(createSmoothModel());
    const ids = takeApart(createIdModel()).topology;
    const before = tf.memory().numTensors;
    const engine = await createTfjsEngine({ topology });
    await engine.assertInputGradients?.();
    await compute(engine, drawVectors(engine), drawInput(3));
    await engine.close();
    const refused = await createTfjsEngine({ topology: ids });
    await expect(refused.assertInputGradients?.()).rejects.toThrow(RangeError);
    await refused.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});
