import { describe, expect, test } from "bun:test";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { exportModel } from "../../src/onnx/export/export_model.ts";
import { ExportSession } from "../../src/onnx/export/export_session.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { catchError, computeOutputs, drawVectors, KEY } from "../engine/engine_fixtures.ts";
import { createLayer, createSequential } from "./topologies.ts";

const head = [createLayer("Flatten", "flatten"), createLayer("Dense", "head", { units: 3 })];
const recurrent = (settings: Readonly<Record<string, unknown>>) =>
  createLayer("GRU", "memory", { units: 2, ...settings });
const einsum = (settings: Readonly<Record<string, unknown>>) =>
  createLayer("EinsumDense", "product", { equation: "abc,cd->abd", output_shape: [null, 2], ...settings });
const wrap = (className: string, inner: object, settings: Readonly<Record<string, unknown>> = {}) =>
  createLayer(className, "wrapper", { layer: inner, ...settings });

/** Samples [5, 4], a layer, and what is said of it. */
const REFUSED: readonly (readonly [object, RegExp])[] = [
  [createLayer("LayerNormalization", "norm", { axis: [1] }), /layer "norm".*the last axes of \[N, 5, 4\]/],
  [createLayer("LayerNormalization", "norm", { axis: [0, 1, 2] }), /layer "norm".*axes/],
  [createLayer("LayerNormalization", "norm", { epsilon: -1 }), /layer "norm".*: epsilon must be a number.*, got -1/],
  [createLayer("LayerNormalization", "norm", { axis: 7 }), /the axis needs one below 3, got 7/],
  [createLayer("BatchNormalization", "norm", { axis: 1 }), /layer "norm".*channels on the last axis/],
  [createLayer("BatchNormalization", "norm", { momentum: 2 }), /layer "norm".*: momentum must be from 0 to 1, got 2/],
  [createLayer("Embedding", "table", { input_dim: 0, output_dim: 2 }), /layer "table".*: input_dim must be/],
  [createLayer("Permute", "swap", { dims: [1] }), /layer "swap".*an order of 2 axes/],
  [createLayer("RepeatVector", "repeat", { n: 3 }), /layer "repeat".*an input \[N, F\]/],
  [createLayer("GaussianNoise", "noise", { stddev: -1 }), /layer "noise".*: stddev must be/],
  [createLayer("AlphaDropout", "drop", { rate: 1 }), /layer "drop".*: rate must be/],
  [createLayer("Masking", "mask", { mask_value: "0" }), /layer "mask".*: mask_value must be a number, got "0"/],
  [createLayer("ZeroPadding1D", "pad", { padding: [1, -1] }), /layer "pad".*: padding must be a list of pairs/],
  [
    createLayer("Cropping1D", "crop", { cropping: [2, 3] }),
    /layer "crop".*something left of each axis, got "\[N, 5, 4\]"/,
  ],
  [createLayer("UpSampling3D", "larger", { size: 2 }), /layer "larger".*an input of rank 5, got "\[N, 5, 4\]"/],
  [createLayer("SpatialDropout2D", "drop", { rate: 0.5 }), /layer "drop".*an input of rank 4/],
  [einsum({ equation: "abc->acb" }), /layer "product".*its equation has no kernel$/],
  [einsum({ equation: "abc,cd->abde" }), /layer "product": Einsum needs one or two operands/],
  [einsum({ output_shape: [null, 2, 3] }), /layer "product".*an output_shape of the other axes/],
  [einsum({ output_shape: [7, 2] }), /layer "product".*a length of 5 for b, got 7/],
  [einsum({ output_shape: [null, null] }), /layer "product".*a known length of d/],
  [einsum({ bias_axes: "c" }), /layer "product".*letters of the output abd, got "c"/],
  [createLayer("ConvLSTM2D", "memory"), /layer "memory" of class ConvLSTM2D.*--engine tfjs trains it/],
  [
    wrap("TimeDistributed", createLayer("Dropout", "inner", { rate: 0.5 })),
    /layer "wrapper".*a layer of class Dropout, of two modes, over time/,
  ],
  [wrap("TimeDistributed", createLayer("ConvLSTM2D", "inner")), /layer "wrapper".*this class has no converter/],
  [wrap("Bidirectional", recurrent({}), { merge_mode: null }), /layer "wrapper".*does not merge/],
  [wrap("Bidirectional", createLayer("Dense", "inner", { units: 2 }), { merge_mode: "sum" }), /layer of class Dense/],
  [wrap("Bidirectional", { config: {} }), /layer "wrapper".*: layer must be a layer/],
  [recurrent({ stateful: true }), /layer "memory".*keeps its state from batch to batch$/],
  [recurrent({ dropout: 0.1 }), /layer "memory".*drops units itself$/],
  [recurrent({ recurrent_dropout: 0.1 }), /layer "memory".*drops units itself$/],
  [recurrent({ return_state: true }), /layer "memory".*returns its state; --engine tfjs/],
  [recurrent({ units: 0 }), /layer "memory".*: units must be/],
  [recurrent({ recurrent_activation: "mine" }), /layer "memory".*activation "mine"/],
];

describe("parseTopology()", () => {
  for (const [layer, message] of REFUSED) {
    test(`says ${message}, when the layer's settings cannot be converted`, () => {
      expect(() => parseTopology(createSequential([5, 4], [layer, ...head]))).toThrow(message);
    });
  }

  test("refuses what is no sequence, when a layer is recurrent", () => {
    for (const sampleShape of [[4], [4, 3, 2]]) {
      expect(() => parseTopology(createSequential(sampleShape, [recurrent({}), ...head]))).toThrow(/layer "memory"/);
    }
  });
});

describe("createOnnxruntimeEngine()", () => {
  const turned = createLayer("Reshape", "turned", { target_shape: [1, 2] });
  for (const before of [[], [turned]]) {
    test(`refuses ids that the table has not, when ${before.length} layers reorder them before`, async () => {
      const table = createLayer("Embedding", "table", { input_dim: 3, output_dim: 2 });
      const topology = createSequential([2], [...before, table, ...head]);
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      const run = (ids: number[]) => {
        const x = { data: Float32Array.from(ids), shape: [ids.length / 2, 2] };
        const taskLabels = new Int32Array(ids.length / 2);
        return computeOutputs(engine, drawVectors(engine), { x, taskLabels, mode: "eval", dropoutKey: KEY });
      };
      expect((await run([0, 2, 1, 1])).every(Number.isFinite)).toBe(true);
      for (const wrong of [3, -1, 0.5, Number.NaN]) {
        const error = String(await catchError(run([0, wrong])));
        expect(error).toContain(`layer "table" needs ids from 0 to 2, got ${wrong}`);
      }
      await engine.close();
    });
  }

  test("exports a file that refuses ids which the table has not", async () => {
    const table = createLayer("Embedding", "table", { input_dim: 3, output_dim: 2 });
    const spec = parseTopology(createSequential([2], [table, ...head]));
    const engine = await createOnnxruntimeEngine({ spec });
    const vectors = drawVectors(engine);
    const x = { data: Float32Array.of(0, 2, 1, 1), shape: [2, 2] };
    const taskLabels = new Int32Array(2);
    const expected = await computeOutputs(engine, vectors, { x, taskLabels, mode: "eval", dropoutKey: KEY });
    await engine.close();
    const session = await ExportSession.open(exportModel({ spec, ...vectors, metadata: {} }));
    expect([...(await session.run(x)).data].map(Math.fround)).toEqual([...expected]);
    for (const wrong of [3, -1, -3, -0.5]) {
      const error = String(await catchError(session.run({ data: Float32Array.of(0, wrong), shape: [1, 2] })));
      expect(error).toContain("out of data bounds, idx=3");
    }
    await session.close();
  });

  test("computes x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))), when the activation is gelu_new", async () => {
    const layer = createLayer("Activation", "gelu", { activation: "gelu_new" });
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(createSequential([5], [layer])) });
    const data = Float32Array.of(-3, -0.5, 0, 0.5, 3);
    const x = { data, shape: [1, 5] };
    const input = { x, taskLabels: new Int32Array(1), mode: "eval", dropoutKey: KEY } as const;
    const outputs = await computeOutputs(engine, drawVectors(engine), input);
    for (const [i, value] of data.entries()) {
      const gate = 1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3));
      expect(outputs[i]).toBeCloseTo((value / 2) * gate, 6);
    }
    await engine.close();
  });
});
