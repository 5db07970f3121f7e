import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { sumRowGradients } from "../../src/engine/row_gradients.ts";
import type { RowMeasure } from "../../src/onnx/row_measure.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createSmallModel, drawInput, drawVectors, FEATURES, measureDifference, takeApart } from "./engine_fixtures.ts";
import { drawGrowingInput, drawGrowingVectors, GROWING_MODELS } from "./growing_models.ts";

const MEASURES: readonly (readonly [RowMeasure, (g: number) => number])[] = [
  ["square", (g) => g * g],
  ["absolute", Math.abs],
];

/** Two hidden layers and two more of the kind that one pass cannot do: `change` puts them in. */
function buildModel(change: (x: tf.SymbolicTensor) => tf.SymbolicTensor): tf.LayersModel {
  const input = tf.input({ shape: [FEATURES] });
  const hidden = apply(tf.layers.dense({ name: "before", units: 6, activation: "tanh" }), input);
  return tf.model({ inputs: input, outputs: apply(tf.layers.dense({ name: "after", units: 3 }), change(hidden)) });
}

function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor {
  const y = layer.apply(x);
  if (Array.isArray(y) || y instanceof tf.Tensor) throw new TypeError("not one symbolic tensor");
  return y;
}

/** Σ f(gradient of the row), each row by itself. */
async function sumSlowly(engine: Engine, vectors: ModelVectors, input: EngineInput, f: (g: number) => number) {
  const { dOutputs, rows } = drawOutputGradients(engine, input);
  const sum = Array.from({ length: engine.layout.size }, () => 0);
  const size = input.x.data.length / rows;
  for (let row = 0; row < rows; row++) {
    const alone: EngineInput = {
      ...input,
      x: { data: input.x.data.slice(row * size, (row + 1) * size), shape: [1, ...input.x.shape.slice(1)] },
      taskLabels: input.taskLabels.slice(row, row + 1),
    };
    const gradient = new Float32Array(engine.layout.size);
    const { outputSize } = engine;
    await engine.backward(vectors, alone, dOutputs.slice(row * outputSize, (row + 1) * outputSize), gradient);
    for (const [i, g] of gradient.entries()) sum[i] = (sum[i] ?? 0) + f(g);
  }
  return sum;
}

function drawOutputGradients(engine: Engine, input: EngineInput): { dOutputs: Float32Array; rows: number } {
  const rows = input.x.shape[0] ?? 0;
  const { data } = drawInput(rows, { sampleShape: [engine.outputSize] }).x;
  return { dOutputs: data.slice(), rows };
}

/** Compares both measures with the slow sums, with the engine's one pass and without it. */
async function expectRowGradients(engine: Engine, vectors: ModelVectors, input: EngineInput): Promise<boolean> {
  const { dOutputs } = drawOutputGradients(engine, input);
  const rowByRow: Engine = new Proxy(engine, {
    get: (target, name) => {
      if (name === "sumRowGradients") return undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  let inOnePass = true;
  for (const [measure, f] of MEASURES) {
    const wanted = await sumSlowly(engine, vectors, input, f);
    for (const candidate of [engine, rowByRow]) {
      const gradient = new Float32Array(engine.layout.size).fill(Number.NaN);
      await sumRowGradients(candidate, { vectors, input, dOutputs, measure, gradient });
      expect(measureDifference(gradient, Float32Array.from(wanted))).toBeLessThan(1e-4);
    }
    const gradient = new Float32Array(engine.layout.size);
    inOnePass &&= (await engine.sumRowGradients?.({ vectors, input, dOutputs, measure, gradient })) ?? false;
  }
  return inOnePass;
}

describe("sumRowGradients()", () => {
  for (const activations of [[], ["relu"], ["tanh", "sigmoid"]] as const) {
    test(`is the sum over single rows, in one pass, with the hidden layers [${activations}]`, async () => {
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(createSmallModel({ activations }).topology) });
      expect(await expectRowGradients(engine, drawVectors(engine), drawInput(7, { mode: "eval" }))).toBe(true);
      await engine.close();
    });
  }

  for (const model of GROWING_MODELS.filter(({ name }) => /classifier$|gap$/.test(name))) {
    test(`is the sum over single rows, in one pass, with ${model.name}`, async () => {
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(takeApart(model.build()).topology) });
      const input = drawGrowingInput(model, { mode: "eval" });
      expect(await expectRowGradients(engine, drawGrowingVectors(engine, model), input)).toBe(true);
      await engine.close();
    });
  }

  for (const [name, change] of [
    ["a layer is used twice", useTwice],
    ["a kernel serves many positions", convolve],
  ] as const) {
    test(`goes row by row, when ${name}`, async () => {
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(takeApart(buildModel(change)).topology) });
      expect(await expectRowGradients(engine, drawVectors(engine), drawInput(4, { mode: "eval" }))).toBe(false);
      await engine.close();
    });
  }
});

function useTwice(x: tf.SymbolicTensor): tf.SymbolicTensor {
  const layer = tf.layers.dense({ name: "twice", units: 6, activation: "tanh" });
  return apply(layer, apply(layer, x));
}

function convolve(x: tf.SymbolicTensor): tf.SymbolicTensor {
  const spread = apply(tf.layers.reshape({ targetShape: [6, 1] }), x);
  return apply(tf.layers.flatten(), apply(tf.layers.dense({ name: "positions", units: 2 }), spread));
}
