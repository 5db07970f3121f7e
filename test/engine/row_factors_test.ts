import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import type { RowFactorLayout } from "../../src/onnx/row_factors.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createSmallModel, drawInput, drawVectors, FEATURES, takeApart } from "./engine_fixtures.ts";
import { drawGrowingInput, drawGrowingVectors, GROWING_MODELS } from "./growing_models.ts";

function openEngine(topology: Parameters<typeof parseTopology>[0]): Promise<Engine> {
  return createOnnxruntimeEngine({ spec: parseTopology(topology) });
}

function drawOutputGradients(engine: Engine, rows: number): Float32Array {
  return drawInput(rows, { sampleShape: [engine.outputSize] }).x.data.slice();
}

/** The gradient of each row by itself. */
async function listGradients(engine: Engine, vectors: ModelVectors, input: EngineInput, dOutputs: Float32Array) {
  const rows = input.taskLabels.length;
  const size = input.x.data.length / rows;
  const width = engine.outputSize;
  const gradients: Float32Array[] = [];
  for (let row = 0; row < rows; row++) {
    const x = { data: input.x.data.slice(row * size, (row + 1) * size), shape: [1, ...input.x.shape.slice(1)] };
    const alone = { ...input, x, taskLabels: input.taskLabels.slice(row, row + 1) };
    const gradient = new Float32Array(engine.layout.size);
    await engine.backward(vectors, alone, dOutputs.slice(row * width, (row + 1) * width), gradient);
    gradients.push(gradient);
  }
  return gradients;
}

/** The product of two rows' gradients as the layout says it. */
function multiplyFactors(a: Float32Array, b: Float32Array, { factors, terms }: RowFactorLayout): number {
  const products = factors.map(({ start, width }) =>
    multiply(a.subarray(start, start + width), b.subarray(start, start + width)),
  );
  return terms.reduce((sum, term) => sum + term.reduce((product, i) => product * (products[i] ?? 0), 1), 0);
}

function multiply(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

async function expectFactors(engine: Engine, vectors: ModelVectors, input: EngineInput): Promise<void> {
  const rows = input.taskLabels.length;
  const dOutputs = drawOutputGradients(engine, rows);
  const layout = await engine.rowFactorLayout?.();
  if (!layout) throw new TypeError("no factors");
  const out = new Float32Array(rows * layout.width).fill(Number.NaN);
  await engine.rowFactors?.(vectors, input, dOutputs, out);
  const gradients = await listGradients(engine, vectors, input, dOutputs);
  const factors = gradients.map((_, row) => out.subarray(row * layout.width, (row + 1) * layout.width));
  for (const [i, one] of gradients.entries()) {
    for (const [j, other] of gradients.entries()) {
      const made = multiplyFactors(factors[i] ?? out, factors[j] ?? out, layout);
      const scale = Math.sqrt(multiply(one, one) * multiply(other, other));
      expect(Math.abs(made - multiply(one, other))).toBeLessThan(1e-5 * scale + 1e-12);
    }
  }
}

describe("Engine.rowFactors()", () => {
  for (const activations of [[], ["relu"], ["tanh", "sigmoid"]] as const) {
    test(`make the products of rows' gradients, with the hidden layers [${activations}]`, async () => {
      const engine = await openEngine(createSmallModel({ activations }).topology);
      await expectFactors(engine, drawVectors(engine), drawInput(6, { mode: "eval" }));
      await engine.close();
    });
  }

  for (const model of GROWING_MODELS.filter(({ name }) => /classifier$|gap$/.test(name))) {
    test(`make the products of rows' gradients, with ${model.name}`, async () => {
      const engine = await openEngine(takeApart(model.build()).topology);
      await expectFactors(engine, drawGrowingVectors(engine, model), drawGrowingInput(model, { mode: "eval" }));
      await engine.close();
    });
  }

  test("have what a kernel and its bias share once, and leave dropout out", async () => {
    const engine = await openEngine(createSmallModel({ activations: ["relu"], rate: 0.5 }).topology);
    const [hidden, classes] = [6, engine.outputSize];
    expect((await engine.rowFactorLayout?.())?.width).toBe(FEATURES + hidden + hidden + classes);
    expect((await engine.rowFactorLayout?.())?.terms.length).toBe(4);
    await expectFactors(engine, drawVectors(engine), drawInput(4, { mode: "eval" }));
    await engine.close();
  });

  test("are not to be had of kernels that serve many positions: there is no layout, and a refusal", async () => {
    const input = tf.input({ shape: [FEATURES, 1] });
    const x = tf.layers.conv1d({ filters: 2, kernelSize: 3 }).apply(input);
    const flat = tf.layers.flatten().apply(x);
    const outputs = tf.layers.dense({ units: 3 }).apply(flat);
    const model = tf.model({ inputs: input, outputs: outputs instanceof tf.SymbolicTensor ? outputs : [] });
    const engine = await openEngine(takeApart(model).topology);
    expect(await engine.rowFactorLayout?.()).toBeUndefined();
    const { x: drawn, ...rest } = drawInput(2, { sampleShape: [FEATURES, 1], mode: "eval" });
    const call = engine.rowFactors?.(
      drawVectors(engine),
      { ...rest, x: drawn },
      new Float32Array(6),
      new Float32Array(6),
    );
    await expect(call ?? Promise.resolve()).rejects.toThrow("gradients of this model's rows have no factors");
    await engine.close();
  });
});
