import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { elementAt } from "../../../../src/core/element_at.ts";
import { flattenWeights } from "../../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../../src/models/onnx_model.ts";
import type { OnnxModelOptions } from "../../../../src/models/options.ts";
import { type ExportOptions, exportModel } from "../../../../src/onnx/export/export_model.ts";
import { ExportSession } from "../../../../src/onnx/export/export_session.ts";
import { putChannelsFirst } from "../../../../src/onnx/export/input_form.ts";
import { checkOriginal } from "../../../../src/onnx/export/original/check_original.ts";
import { ORIGINAL_KEY, parseOriginalForm } from "../../../../src/onnx/export/original/original_form.ts";
import { decodeModel } from "../../../../src/onnx/file/decode_model.ts";
import { encodeModel } from "../../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, int, ints, type OnnxNode, type OnnxTensor } from "../../../../src/onnx/file/onnx_model.ts";
import { inlineFunctions } from "../../../../src/onnx/import/inline_functions.ts";
import { readOnnx } from "../../../../src/onnx/import/read_onnx.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { makeNode, makeTensor } from "../../../support/made_onnx.ts";
import { makeImages } from "../../import/made_images.ts";

const ROWS = 3;

/** What a model is exported from. */
function takeApart(options: OnnxModelOptions): ExportOptions {
  const model = onnxModel(options);
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  return { spec: parseTopology(topology), parameters, state, metadata: {} };
}

/** What a file gives for images [n, H, W, C] that it takes with their channels first. */
async function run(bytes: Uint8Array, x: { data: Float32Array; shape: readonly number[] }): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const { data, shape } = putChannelsFirst(x);
  const feeds = { [elementAt(session.inputNames, 0)]: new Tensor("float32", Float32Array.from(data), shape) };
  const results = await session.run(feeds);
  await session.release();
  return [...(results[elementAt(session.outputNames, 0)]?.data ?? [])].map(Number);
}

/** The logits that the file of Firn's own form gives. */
async function runOwn(options: ExportOptions, x: { data: Float32Array; shape: readonly number[] }) {
  const session = await ExportSession.open(exportModel(options));
  const { data } = await session.run(x);
  await session.close();
  return Float32Array.from(data);
}

const outline = ({ op, name, inputs, outputs }: Pick<OnnxNode, "op" | "name" | "inputs" | "outputs">) => ({
  op,
  name,
  inputs,
  outputs,
});

describe("exportModel({ original }) of a made file", () => {
  const integers = (name: string, values: readonly number[]): OnnxTensor => ({
    name,
    shape: [values.length],
    dataType: "int64",
    bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  const number = (name: string, shape: readonly number[], value: number): OnnxTensor => ({
    name,
    shape,
    dataType: "float32",
    bytes: new Uint8Array(Float32Array.of(value).buffer),
  });
  /** The mean over the last axes in int64 arithmetic on shapes, an offset of zeros that are made, a softmax. */
  const nodes: readonly OnnxNode[] = [
    makeNode("Conv", ["pixels", "conv.weight", "conv.bias"], "maps", { pads: ints([1, 1, 1, 1]) }),
    makeNode("BatchNormalization", ["maps", "n.weight", "n.bias", "n.mean", "n.var"], "normal"),
    makeNode("Relu", ["normal"], "active"),
    makeNode("Shape", ["active"], "lengths"),
    makeNode("Gather", ["lengths", "first"], "rows", { axis: int(0) }),
    makeNode("Concat", ["rows", "channels_and_rest"], "wanted", { axis: int(0) }),
    makeNode("Reshape", ["active", "wanted"], "flat"),
    makeNode("ReduceMean", ["flat"], "means", { axes: ints([2]), keepdims: int(0) }),
    {
      ...makeNode("ConstantOfShape", ["zeros_shape"], "zeros"),
      attributes: { value: { kind: "tensor", value: number("", [1], 0.25) } },
    },
    makeNode("Add", ["means", "zeros"], "features"),
    makeNode("Gemm", ["features", "fc.weight", "fc.bias"], "scores", { transB: int(1) }),
    makeNode("Softmax", ["scores"], "probabilities", { axis: int(1) }),
  ];
  const variance = makeTensor("n.var", [4]);
  const positive = new Float32Array(variance.bytes.slice().buffer).map((value) => 1 + value * value);
  const graph = {
    name: "made",
    nodes,
    initializers: [
      makeTensor("conv.weight", [4, 3, 3, 3]),
      makeTensor("conv.bias", [4]),
      makeTensor("n.weight", [4], 1),
      makeTensor("n.bias", [4], 2),
      makeTensor("n.mean", [4], 3),
      { ...variance, bytes: new Uint8Array(positive.buffer) },
      integers("first", [0]),
      integers("channels_and_rest", [4, -1]),
      integers("zeros_shape", [1, 4]),
      makeTensor("fc.weight", [5, 4]),
      makeTensor("fc.bias", [5]),
    ],
    inputs: [{ name: "pixels", shape: ["N", 3, 6, 5], dataType: "float32" }],
    outputs: [{ name: "probabilities", shape: ["N", 5], dataType: "float32" }],
  } as const;
  const source = createOnnxModel(graph, { opsetVersion: 14 });
  const bytes = encodeModel(source);
  const shape = [ROWS, 6, 5, 3];
  const x = { data: Float32Array.from({ length: ROWS * 90 }, (_, i) => Math.sin(i * 0.9)), shape };
  const inputShape = [6, 5, 3];

  test("is the file again, but for its metadata, where nothing was trained and the head was kept", async () => {
    const options = takeApart({ bytes, inputShape, head: "keep", trainable: ["fc.*"] });
    const again = decodeModel(exportModel({ ...options, original: true }));
    expect(again.opsetVersion).toBe(14);
    expect(again.graph.nodes).toEqual([...nodes]);
    expect(again.graph.inputs).toEqual([...graph.inputs]);
    expect(again.graph.outputs).toEqual([...graph.outputs]);
    const byName = (tensors: readonly OnnxTensor[]) =>
      tensors
        .map(({ bytes: own, ...rest }) => ({ ...rest, bytes: [...own] }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(byName(again.graph.initializers)).toEqual(byName(graph.initializers));
    expect(await run(exportModel({ ...options, original: true }), x)).toEqual(await run(bytes, x));
  });

  for (const incremental of [false, true]) {
    test(`keeps frozen nodes before a new classifier${incremental ? " that grows" : ""}, and the softmax behind it`, async () => {
      const options = takeApart({
        bytes,
        inputShape,
        trainable: ["none"],
        numClasses: 7,
        incremental,
        initialUnits: 7,
      });
      const made = exportModel({ ...options, original: true });
      const { graph: own, opsetVersion, metadata } = decodeModel(made);
      expect(opsetVersion).toBe(14);
      expect(own.nodes.slice(0, 10)).toEqual(nodes.slice(0, 10));
      expect(own.nodes.at(-1)).toMatchObject({ op: "Softmax", name: "node_probabilities", outputs: ["probabilities"] });
      expect(own.inputs).toEqual([...graph.inputs]);
      expect(own.outputs).toEqual([{ name: "probabilities", shape: ["N", 7], dataType: "float32" }]);
      const form = parseOriginalForm(metadata[ORIGINAL_KEY] ?? "");
      expect(form).toMatchObject({ output: "probabilities", change: "channelsFirst", probabilities: ["Softmax"] });
      const expected = await runOwn(options, x);
      expect((await checkOriginal(made, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-6);
      const wrong = expected.map((value, i) => value + i);
      await expect(checkOriginal(made, { x, expected: wrong })).rejects.toThrow("needs");
    });
  }

  test("keeps an operator set that Firn does not write, and refuses what that does not have", () => {
    const old = encodeModel(createOnnxModel(graph, { opsetVersion: 11 }));
    const shared = { bytes: old, inputShape, trainable: ["none"] };
    const made = decodeModel(exportModel({ ...takeApart({ ...shared, numClasses: 3 }), original: true }));
    expect([made.opsetVersion, made.graph.nodes.length]).toEqual([11, nodes.length]);
    const growing = takeApart({ ...shared, multiHead: true });
    expect(() => exportModel({ ...growing, original: true })).toThrow(
      /the file has the operator set 11, and \w+ behind it is known in 13 to 21: it cannot leave as it came/,
    );
  });

  test("takes trained weights, and names that the file has, too", async () => {
    const named = { ...graph, nodes: nodes.map((node) => rename(node)), initializers: graph.initializers };
    const clash = encodeModel(createOnnxModel(named, { opsetVersion: 14 }));
    const options = takeApart({ bytes: clash, inputShape, trainable: ["conv.weight", "n.*"], numClasses: 3 });
    const parameters = options.parameters.map((value, i) => value + Math.sin(i) / 10);
    const trained = { ...options, parameters };
    const made = exportModel({ ...trained, original: true });
    const expected = await runOwn(trained, x);
    expect((await checkOriginal(made, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-6);
    const { nodes: own } = decodeModel(made).graph;
    expect(own.slice(0, 10)).toEqual(named.nodes.slice(0, 10));

    /** Values that are called as Firn calls its own. */
    function rename(node: OnnxNode): OnnxNode {
      const names = new Map([
        ["maps", "classifier"],
        ["flat", "logits"],
        ["means", "firn/Gemm_3"],
      ]);
      const change = (name: string) => names.get(name) ?? name;
      return { ...node, inputs: node.inputs.map(change), outputs: node.outputs.map(change) };
    }
  });

  test("is refused where it cannot be", () => {
    const options = takeApart({ bytes, inputShape });
    expect(() => exportModel({ ...options, original: true, layout: "nchw" })).toThrow(
      "exportModel: original=true excludes layout: the file takes what it took",
    );
    const [input, , ...others] = options.spec.layers;
    const plain = { ...options.spec, layers: [input, ...others].filter((layer) => layer?.kind === "input") };
    expect(() =>
      exportModel({
        ...options,
        spec: { ...options.spec, layers: plain.layers.flatMap((l) => l ?? []) },
        original: true,
      }),
    ).toThrow('"onnx_model" cannot leave as it came: it is no network from an ONNX file (onnx:path=FILE)');
    const { taskParameters, ...rest } = {
      ...options,
      taskParameters: { owners: new Float32Array(0), lastOwners: new Map(), lastOwner: 1 },
    };
    expect(() => exportModel({ ...rest, taskParameters, original: true })).toThrow("differ from task to task");
  });
});

describe("exportModel({ original }) of PyTorch's files", () => {
  const folder = new URL("../../import/networks/", import.meta.url);
  const { networks } = z
    .object({ networks: z.record(z.string(), z.object({ side: z.number() })) })
    .parse(JSON.parse(readFileSync(new URL("networks.json", folder), "utf8")));
  for (const [name, { side }] of Object.entries(networks)) {
    // The older exporter's files take most of the time, and differ from each other in little.
    const hasOlder = ["encoder", "lstm", "operators", "resnet"].includes(name);
    for (const exporter of hasOlder ? ["legacy", "dynamo"] : ["dynamo"]) {
      const file = new URL(`${name}.${exporter}.onnx`, folder);
      test(`answers as ${name}.${exporter}.onnx does, by its nodes, and with a new classifier as Firn's own form`, async () => {
        const bytes = new Uint8Array(readFileSync(file));
        const shared = { path: file.pathname, layout: "nchw", inputShape: [side, side, 3] } as const;
        const x = { data: makeImages(ROWS, side), shape: [ROWS, side, side, 3] };
        const kept = exportModel({ ...takeApart({ ...shared, head: "keep", trainable: ["last:1"] }), original: true });
        expect(await run(kept, x)).toEqual(await run(bytes, x));
        const source = readOnnx(bytes, { subject: name });
        const constants = new Set(source.initializers.map((tensor) => tensor.name));
        const wanted = inlineFunctions(source).filter(({ op, inputs }) => {
          return op !== "Constant" && !(op === "Identity" && constants.has(inputs[0] ?? ""));
        });
        const { graph, opsetVersion } = decodeModel(kept);
        expect(graph.nodes.map((node) => node.name)).toEqual(wanted.map((node) => node.name));
        expect(opsetVersion).toBe(source.opset);
        expect(graph.outputs[0]?.name).toBe(source.outputs[0]?.name ?? "");
        const options = takeApart({ ...shared, trainable: ["last:2"], numClasses: 4 });
        const expected = await runOwn(options, x);
        const replaced = exportModel({ ...options, original: true });
        const largest = Math.max(1, ...expected.map(Math.abs));
        expect((await checkOriginal(replaced, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-5 * largest);
        expect(decodeModel(replaced).graph.nodes.slice(0, 1).map(outline)).toEqual(
          graph.nodes.slice(0, 1).map(outline),
        );
      });
    }
  }

  for (const exporter of ["legacy", "dynamo"]) {
    test(`gives text_encoder.${exporter}.onnx its own three inputs of whole numbers back`, async () => {
      const path = new URL(`text_encoder.${exporter}.onnx`, folder).pathname;
      const inputs = ["attention_mask", "input_ids", "token_type_ids=1"];
      const options = takeApart({ path, inputs, inputShape: [12], trainable: ["last:2"], numClasses: 4 });
      const rows = Array.from({ length: ROWS }, (_, row) =>
        Array.from({ length: 12 }, (_, i) => (i < 6 ? Number(i < 6 - row) : (7 * row + 3 * i) % 20)),
      );
      const x = { data: Float32Array.from(rows.flat()), shape: [ROWS, 12] };
      const made = exportModel({ ...options, original: true });
      const source = readOnnx(new Uint8Array(readFileSync(path)), { subject: path });
      const types = decodeModel(made).graph.inputs.map(({ name, dataType }) => [name, dataType]);
      expect(types).toEqual(source.inputs.map(({ name, dataType = "" }) => [name, dataType]));
      expect(types.length).toBe(3);
      const expected = await runOwn(options, x);
      expect((await checkOriginal(made, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-5);
    });
  }
});
