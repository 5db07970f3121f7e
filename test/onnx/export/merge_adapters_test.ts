import { describe, expect, test } from "bun:test";
import { countElements } from "../../../src/core/host_tensor.ts";
import { lora } from "../../../src/models/lora.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import type { OnnxModelOptions } from "../../../src/models/options.ts";
import { runExport } from "../../../src/onnx/export/evaluate_export.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { type Attributes, createOnnxModel, float, int, ints } from "../../../src/onnx/file/onnx_model.ts";
import { computeModel, fillAdapters, maxDifference, takeApart } from "../import/adapters/adapted_model.ts";
import { makeImages } from "../import/made_images.ts";

const ROWS = 3;
const findFile = (file: string) => new URL(`../import/${file}`, import.meta.url).pathname;

function makeModel(options: OnnxModelOptions) {
  const { topology: _topology, ...model } = takeApart(onnxModel({ head: "keep", layout: "nchw", ...options }));
  return model;
}

/** Logits of onnxruntime alone. */
async function runFile(bytes: Uint8Array, x: { readonly data: Float32Array; readonly shape: readonly number[] }) {
  const logits: number[] = [];
  for await (const { data } of runExport(bytes, [{ ...x, shape: [...x.shape] }])) logits.push(...data);
  return logits;
}

function describeFile(bytes: Uint8Array) {
  const { nodes, initializers } = decodeModel(bytes).graph;
  return {
    operators: nodes.map(({ op }) => op).toSorted(),
    // What lies below the first adapter is a layer of its own.
    weights: initializers.map(({ name, shape }) => `${name.replace("frozen/", "network/")} [${shape}]`).toSorted(),
    adapters: initializers.filter(({ name }) => /lora_[AB]$/.test(name)).map(({ name }) => name),
  };
}

/**
 * x [N, 5] → Gemm with all its attributes, by w → MatMul and Gemm, both by `two` → MatMul by `other`, whose mean is
 * added, too → MatMul by `tied` and by its transpose → MatMul by `last`. Of `other` and `tied` no adapter can be made.
 */
function makeOddFile(): Uint8Array {
  const node = (op: string, inputs: string[], output: string, attributes: Attributes = {}) => {
    return { op, name: output, inputs, outputs: [output], attributes };
  };
  const turn = { perm: ints([1, 0]) };
  const nodes = [
    node("Transpose", ["x"], "turned", turn),
    node("Gemm", ["turned", "w", "bias"], "a", { transA: int(1), alpha: float(0.5), beta: float(2) }),
    node("MatMul", ["a", "two"], "b"),
    node("Tanh", ["b"], "c"),
    node("Gemm", ["c", "two"], "d"),
    node("MatMul", ["d", "other"], "e"),
    node("ReduceMean", ["other"], "mean", { axes: ints([0]), keepdims: int(1) }),
    node("Add", ["e", "mean"], "f"),
    node("MatMul", ["f", "tied"], "g"),
    node("Transpose", ["tied"], "untied", turn),
    node("MatMul", ["g", "untied"], "h"),
    node("MatMul", ["h", "last"], "y"),
  ];
  const shapes = { w: [5, 4], bias: [4], two: [4, 4], other: [4, 4], tied: [4, 4], last: [4, 5] };
  const initializers = Object.entries(shapes).map(([name, shape]) => {
    const values = Float32Array.from({ length: countElements(shape) }, (_, i) => Math.sin(i * 1.7 + name.length));
    return { name, shape, dataType: "float32" as const, bytes: new Uint8Array(values.buffer) };
  });
  const rows = (name: string) => ({ name, shape: ["N" as const, 5], dataType: "float32" as const });
  return encodeModel(createOnnxModel({ name: "odd", nodes, initializers, inputs: [rows("x")], outputs: [rows("y")] }));
}

const CASES = [
  ["adapters/adapted.onnx", 5],
  ["networks/mobilenet_v3.legacy.onnx", 16],
  ["networks/vit.legacy.onnx", 8],
  ["networks/vit.dynamo.onnx", 8],
  ["networks/encoder.legacy.onnx", 3],
] as const;

describe("exportModel()", () => {
  for (const [file, side] of CASES) {
    test(`adds the adapters of ${file} to its weights, or keeps them, and the file gives the model's logits`, async () => {
      const shared = { path: findFile(file), inputShape: [side, side, 3] };
      const model = makeModel({ ...shared, adapter: lora({ rank: 2, alpha: 3 }) });
      fillAdapters(model, "lora_A", "lora_B");
      const x = { data: makeImages(ROWS, side), shape: [ROWS, side, side, 3] };
      const { outputs } = await computeModel(model, x);
      const scale = Math.max(1, ...outputs.map(Math.abs));
      const plain = describeFile(exportModel({ ...makeModel(shared), metadata: {} }));
      const state = model.state.slice();
      const merged = exportModel({ ...model, metadata: {} });
      // The export changes nothing of the model's own.
      expect(model.state).toEqual(state);
      expect(describeFile(merged)).toEqual(plain);
      expect(plain.adapters).toEqual([]);
      expect(maxDifference(await runFile(merged, x), outputs)).toBeLessThan(1e-5 * scale);
      const kept = exportModel({ ...model, keepAdapters: true, metadata: {} });
      expect(describeFile(kept).adapters.length).toBe(model.spec.layout.entries.length);
      expect(maxDifference(await runFile(kept, x), outputs)).toBeLessThan(1e-5 * scale);
    });
  }

  test("adds adapters of weights with factors, transposes and several uses, and leaves weights with other uses alone", async () => {
    const model = makeModel({ bytes: makeOddFile(), adapter: lora({ rank: 2, alpha: 1 }) });
    const names = model.spec.layout.entries.map(({ name }) => name.replace("network/", ""));
    expect(names).toEqual(["w", "two", "last"].flatMap((name) => [`${name}.lora_A`, `${name}.lora_B`]));
    const x = { data: makeImages(1, 5).slice(0, 20), shape: [4, 5] };
    const { outputs: before } = await computeModel(model, x);
    expect(maxDifference(before, (await computeModel(makeModel({ bytes: makeOddFile() }), x)).outputs)).toBeLessThan(
      1e-6,
    );
    fillAdapters(model, "lora_A", "lora_B");
    const { outputs } = await computeModel(model, x);
    expect(maxDifference(outputs, before)).toBeGreaterThan(0.01);
    for (const keepAdapters of [false, true]) {
      const bytes = exportModel({ ...model, keepAdapters, metadata: {} });
      expect(describeFile(bytes).adapters.length).toBe(keepAdapters ? 6 : 0);
      expect(maxDifference(await runFile(bytes, x), outputs)).toBeLessThan(1e-5);
    }
  });

  test("keeps two sets of adapters for an ensemble, and all else once", async () => {
    const model = makeModel({
      path: findFile("adapters/adapted.onnx"),
      adapter: lora({ rank: 2, target: ["mix*", "hid*"] }),
    });
    fillAdapters(model, "lora_A", "lora_B");
    // Of A nothing differs but in the last layer.
    const expert = model.parameters.map((value, i) => value * (i % 3));
    const last = model.spec.layout.entries.findLast(({ name }) => name.endsWith("lora_A"));
    for (const { name, offset, size } of model.spec.layout.entries) {
      const isKept = name.endsWith("lora_A") && name !== last?.name;
      if (isKept) expert.set(model.parameters.subarray(offset, offset + size), offset);
    }
    const x = { data: makeImages(ROWS, 5), shape: [ROWS, 5, 5, 3] };
    const bytes = exportModel({ ...model, heads: [{ kind: "ensemble", expert }], metadata: {} });
    const [own, other] = await Promise.all(
      [model.parameters, expert].map(async (parameters) => {
        const { outputs } = await computeModel({ ...model, parameters }, x);
        return Array.from({ length: ROWS }, (_, row) => {
          const logits = [...outputs.subarray(row * 5, row * 5 + 5)];
          const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
          return logits.map((logit) => Math.exp(logit) / total);
        }).flat();
      }),
    );
    const wanted = own?.map((chance, i) => Math.log(Math.max(chance, other?.[i] ?? 0))) ?? [];
    expect(maxDifference(await runFile(bytes, x), wanted)).toBeLessThan(1e-5);
    const once = describeFile(exportModel({ ...model, keepAdapters: true, metadata: {} }));
    const twice = describeFile(bytes);
    const added = twice.weights.filter((weight) => !once.weights.includes(weight));
    expect(added.map((weight) => weight.replace(/^network\/(.*expert).*/, "$1")).toSorted()).toEqual([
      "hidden.weight.lora_A/expert",
      "hidden.weight.lora_B/expert",
      "mix.weight.lora_B/expert",
    ]);
    // The convolution, and of the first adapted product W and A.
    const count = (operators: readonly string[], op: string) => operators.filter((name) => name === op).length;
    expect([once, twice].map(({ operators }) => count(operators, "Conv"))).toEqual([1, 1]);
    expect([once, twice].map(({ operators }) => count(operators, "Gemm"))).toEqual([7, 12]);
    expect(() =>
      exportModel({ ...model, heads: [{ kind: "ensemble", expert: new Float32Array(3) }], metadata: {} }),
    ).toThrow(`needs ${model.spec.layout.size} parameters, got 3`);
  });

  test("keeps adapters whose values differ from task to task", async () => {
    const model = makeModel({ path: findFile("adapters/adapted.onnx"), adapter: lora({ rank: 2 }) });
    fillAdapters(model, "lora_A", "lora_B");
    // All belong to the second task: for the first there are none.
    const owners = new Float32Array(model.parameters.length).fill(2);
    const taskParameters = { owners, lastOwners: new Map([[0, 1]]), lastOwner: 2 };
    const bytes = exportModel({ ...model, taskParameters, metadata: {} });
    const x = { data: makeImages(ROWS, 5), shape: [ROWS, 5, 5, 3] };
    const answer = async (label: number) => {
      const logits: number[] = [];
      const batch = { ...x, taskLabels: new Int32Array(ROWS).fill(label) };
      for await (const { data } of runExport(bytes, [batch])) logits.push(...data);
      return logits;
    };
    const { outputs } = await computeModel(model, x);
    const { outputs: without } = await computeModel({ ...model, parameters: new Float32Array(owners.length) }, x);
    expect(maxDifference(await answer(1), outputs)).toBeLessThan(1e-5);
    expect(maxDifference(await answer(0), without)).toBeLessThan(1e-5);
    expect(maxDifference(outputs, without)).toBeGreaterThan(1e-3);
  });
});
