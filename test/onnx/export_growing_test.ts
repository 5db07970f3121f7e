import { describe, expect, test } from "bun:test";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { checkExport } from "../../src/onnx/export/check_export.ts";
import { evaluateExport } from "../../src/onnx/export/evaluate_export.ts";
import { exportModel } from "../../src/onnx/export/export_model.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { computeOutputs, takeApart } from "../engine/engine_fixtures.ts";
import { drawGrowingInput, drawGrowingVectors, GROWING_MODELS, type GrowingModel } from "../engine/growing_models.ts";

/** A file of the model, samples with their labels, and what the engine says of them. */
async function prepare(model: GrowingModel) {
  const { topology } = takeApart(model.build());
  const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
  const vectors = drawGrowingVectors(engine, model);
  const { x, taskLabels } = drawGrowingInput(model);
  const expected = await computeOutputs(engine, vectors, drawGrowingInput(model, { mode: "eval" }));
  await engine.close();
  const bytes = exportModel({ spec: parseTopology(topology), ...vectors, metadata: {} });
  return { bytes, x: { ...x, taskLabels }, expected };
}

describe("exportModel() of growing heads", () => {
  for (const model of GROWING_MODELS) {
    test(`gives the engine's logits, when the model has ${model.name}`, async () => {
      const { bytes, x, expected } = await prepare(model);
      expect((await checkExport(bytes, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-6);
      const [rows = 0] = x.shape;
      const units = expected.length / rows;
      const wanted = Array.from({ length: rows }, (_, row) => {
        const logits = [...expected.subarray(row * units, (row + 1) * units)];
        return logits.indexOf(Math.max(...logits));
      });
      expect([...(await evaluateExport(bytes, [x]))]).toEqual(wanted);
    });
  }

  const multiHead = GROWING_MODELS.find(({ name }) => name === "a multi-head classifier");
  if (!multiHead) throw new Error("There is no multi-head model");

  test("takes task labels as int64 [N], when the model has heads", async () => {
    const { graph, docString } = decodeModel((await prepare(multiHead)).bytes);
    expect(graph.inputs).toEqual([
      { name: "input", shape: ["N", 5], dataType: "float32" },
      { name: "task_labels", shape: ["N"], dataType: "int64" },
    ]);
    expect(docString).toBe("growing: input [N, 5] and task_labels [N] to logits [N, 4]");
  });

  test("makes a file that refuses labels without a head, and a session that asks for labels", async () => {
    const { bytes, x, expected } = await prepare(multiHead);
    const unknown = { ...x, taskLabels: Int32Array.of(0, 3, 1, 2) };
    await expect(checkExport(bytes, { x: unknown, expected })).rejects.toThrow(
      "needs task labels that it has a head for, got [0, 3, 1, 2]",
    );
    // Gather counts −1 from the end: the last head would answer.
    const negative = { ...x, taskLabels: Int32Array.of(0, 1, -1, 0) };
    await expect(checkExport(bytes, { x: negative, expected })).rejects.toThrow(
      "needs task labels that it has a head for, got [0, 1, -1]",
    );
    const few = { ...x, taskLabels: Int32Array.of(0) };
    await expect(checkExport(bytes, { x: few, expected })).rejects.toThrow("needs 4 task labels, got 1");
    const { taskLabels: _, ...bare } = x;
    await expect(checkExport(bytes, { x: bare, expected })).rejects.toThrow("needs 4 task labels");
  });
});
