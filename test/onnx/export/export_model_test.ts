import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import type { ModelTopology } from "../../../src/engine/model_topology.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { checkExport } from "../../../src/onnx/export/check_export.ts";
import { evaluateExport, readExportMetadata } from "../../../src/onnx/export/evaluate_export.ts";
import { measureExport } from "../../../src/onnx/export/export_memory.ts";
import { type ExportOptions, exportModel } from "../../../src/onnx/export/export_model.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { computeOutputs, drawInput, drawVectors, takeApart } from "../../engine/engine_fixtures.ts";
import { PARITY_MODELS } from "../../engine/onnxruntime/parity_models.ts";
import { createImageTopology, createMlpTopology } from "../topologies.ts";

/** What an export is made from, and what its engine says of some samples. */
async function prepare(topology: ModelTopology, sampleShape: readonly number[]) {
  const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
  const vectors = drawVectors(engine);
  const input = drawInput(6, { sampleShape, mode: "eval" });
  const expected = await computeOutputs(engine, vectors, input);
  await engine.close();
  const metadata = { "firn.version": "0.1.0", "firn.experience": "3" };
  const options: ExportOptions = { spec: parseTopology(topology), ...vectors, metadata };
  return { options, x: input.x, expected };
}

describe("exportModel()", () => {
  for (const { name, sampleShape, build } of PARITY_MODELS) {
    test(`gives the engine's logits in mode "eval", when the model has ${name}`, async () => {
      const { options, x, expected } = await prepare(takeApart(build()).topology, sampleShape);
      const bytes = exportModel(options);
      const { maxAbsoluteDifference } = await checkExport(bytes, { x, expected });
      expect(maxAbsoluteDifference).toBeLessThan(1e-5);
      // What evaluates a file follows all of its shapes first.
      const inputBytes = 4 * sampleShape.reduce((product, length) => product * length, 1);
      expect(measureExport(decodeModel(bytes).graph, name).rowBytes).toBeGreaterThanOrEqual(inputBytes);
    });
  }

  test("writes opset 17, IR 8, its interface and its metadata, when asked to", async () => {
    const { options } = await prepare(createMlpTopology(), [5]);
    const { graph, ...about } = decodeModel(exportModel(options));
    expect(about).toEqual({
      irVersion: 8,
      opsetVersion: 17,
      producerName: "firn",
      producerVersion: "0.1.0",
      docString: "made: input [N, 5] to logits [N, 3]",
      metadata: { "firn.version": "0.1.0", "firn.experience": "3" },
    });
    expect(graph.inputs).toEqual([{ name: "input", shape: ["N", 5], dataType: "float32" }]);
    expect(graph.outputs).toEqual([{ name: "logits", shape: ["N", 3], dataType: "float32" }]);
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Gemm", "Relu", "Gemm"]);
    expect(graph.initializers.map(({ name }) => name)).toEqual(options.spec.layout.entries.map(({ name }) => name));
  });

  test("gives the same bytes, when metadata come in another order", async () => {
    const { options } = await prepare(createMlpTopology(), [5]);
    const metadata = Object.fromEntries(Object.entries(options.metadata).reverse());
    expect(exportModel({ ...options, metadata })).toEqual(exportModel(options));
  });

  test("takes channels first, when the layout is nchw", async () => {
    const { options, x, expected } = await prepare(createImageTopology(), [4, 3, 2]);
    const bytes = exportModel({ ...options, layout: "nchw" });
    expect(decodeModel(bytes).graph.inputs[0]?.shape).toEqual(["N", 2, 4, 3]);
    await checkExport(bytes, { x: putChannelsFirst(x), expected });
  });

  test("normalises raw values itself, when given the preprocessing", async () => {
    const preprocess = { scale: 1 / 255, mean: [0.4, 0.5], std: [0.2, 0.3] };
    const { options, x, expected } = await prepare(createImageTopology(), [4, 3, 2]);
    const raw = x.data.map((value, i) => 255 * (value * (preprocess.std[i % 2] ?? 0) + (preprocess.mean[i % 2] ?? 0)));
    await checkExport(exportModel({ ...options, preprocess }), { x: { ...x, data: raw }, expected });
    const both = exportModel({ ...options, preprocess, layout: "nchw" });
    await checkExport(both, { x: putChannelsFirst({ ...x, data: raw }), expected });
    const one = { scale: 0.5, mean: [0.25], std: [] };
    const shifted = x.data.map((value) => 2 * (value + 0.25));
    await checkExport(exportModel({ ...options, preprocess: one }), { x: { ...x, data: shifted }, expected });
  });

  test("throws a RangeError, when vectors, layout or preprocessing do not fit", async () => {
    const { options } = await prepare(createMlpTopology(), [5]);
    expect(() => exportModel({ ...options, parameters: new Float32Array(1) })).toThrow(/needs 57 parameters, got 1/);
    expect(() => exportModel({ ...options, state: new Float32Array(1) })).toThrow(/needs 0 values of state, got 1/);
    expect(() => exportModel({ ...options, layout: "nchw" })).toThrow(/needs samples \[height, width, channels\]/);
    const preprocess = { scale: 1, mean: [0, 0], std: [1, 1] };
    expect(() => exportModel({ ...options, preprocess })).toThrow(RangeError);
  });
});

describe("checkExport()", () => {
  test("throws, when the logits are others or not numbers", async () => {
    const { options, x, expected } = await prepare(createMlpTopology(), [5]);
    const bytes = exportModel(options);
    const check = (changed: Float32Array) => checkExport(bytes, { x, expected: changed });
    await expect(check(expected.map((value, i) => value + (i === 7 ? 1e-2 : 0)))).rejects.toThrow(
      /the exported model needs/,
    );
    await expect(check(expected.slice(1))).rejects.toThrow(/needs 17 logits, got 18/);
    await expect(check(expected.with(3, Number.NaN))).rejects.toThrow(/the exported model needs/);
    const broken = exportModel({ ...options, parameters: options.parameters.with(0, Number.NaN) });
    await expect(checkExport(broken, { x, expected })).rejects.toThrow(/the exported model needs/);
  });
});

describe("checkExport() beside masked logits", () => {
  test("throws, when another class wins within a tolerance that only the masks make wide", async () => {
    const { options, x, expected } = await prepare(createMlpTopology(), [5]);
    const heads = [{ kind: "affine", classes: new Set([2]), alpha: 0, beta: -1e5 }] as const;
    const bytes = exportModel({ ...options, heads });
    const masked = expected.map((value, i) => (i % 3 === 2 ? -1e5 : value));
    await checkExport(bytes, { x, expected: masked });
    // The first row's two logits change places: each is off by much less than 10.
    const swapped = masked.with(0, masked[1] ?? 0).with(1, masked[0] ?? 0);
    await expect(checkExport(bytes, { x, expected: swapped })).rejects.toThrow(
      /needs class [01] for sample 0, got [01]/,
    );
  });
});

describe("evaluateExport()", () => {
  test("gives each row's largest logit, when rows come in batches", async () => {
    const { options, x, expected } = await prepare(createMlpTopology(), [5]);
    const batches = [
      { data: x.data.slice(0, 20), shape: [4, 5] },
      { data: x.data.slice(20), shape: [2, 5] },
    ];
    const wanted = Array.from({ length: 6 }, (_, row) => {
      const logits = [...expected.subarray(row * 3, row * 3 + 3)];
      return logits.indexOf(Math.max(...logits));
    });
    expect([...(await evaluateExport(exportModel(options), batches))]).toEqual(wanted);
  });
});

describe("readExportMetadata()", () => {
  test("gives what was written, when given the bytes", async () => {
    const { options } = await prepare(createMlpTopology(), [5]);
    expect(await readExportMetadata(exportModel(options))).toEqual(options.metadata);
  });
});

/** [N, H, W, C] to [N, C, H, W] */
function putChannelsFirst({ data, shape }: HostTensor): HostTensor {
  const [n = 0, height = 0, width = 0, channels = 0] = shape;
  const moved = new Float32Array(data.length);
  const area = height * width;
  for (let i = 0; i < n * area * channels; i++) {
    const [row, pixel, channel] = [Math.floor(i / (area * channels)), Math.floor(i / channels) % area, i % channels];
    moved[(row * channels + channel) * area + pixel] = data[i] ?? 0;
  }
  return { data: moved, shape: [n, channels, height, width] };
}
