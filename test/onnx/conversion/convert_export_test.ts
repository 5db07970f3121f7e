import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversionOptions } from "../../../src/onnx/conversion/conversion_options.ts";
import { convertExport } from "../../../src/onnx/conversion/convert_export.ts";
import { createInputForm } from "../../../src/onnx/export/input_form.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import type { Shape } from "../../../src/onnx/file/onnx_model.ts";
import { buildPlan, modelPlans } from "../../engine/random_models.ts";
import { createImageNetwork, exportDrawn, measureDifference, runFile } from "./converted_files.ts";

const IMAGES = { sampleShape: [8, 8, 2], rows: 12, seed: 3 };
const fixture = exportDrawn(createImageNetwork(), IMAGES);

/** What a converted file gives for the samples, in the form that it takes them, and the file. */
async function convert(options: ConversionOptions, { bytes, batch } = fixture) {
  const converted = await convertExport(bytes, options);
  const model = decodeModel(converted.bytes);
  const outputs = await runFile(converted.bytes, createInputForm(model.metadata)(batch));
  return { bytes: converted.bytes, model, outputs };
}

describe("convertExport()", () => {
  test("leaves what any network gives as it was, in every version of ONNX", async () => {
    await fc.assert(
      fc.asyncProperty(modelPlans, fc.integer({ min: 13, max: 21 }), async (plan, opset) => {
        const { sampleShape, model } = buildPlan(plan);
        const drawn = exportDrawn(model, { sampleShape, rows: 3, seed: 7 });
        const before = await runFile(drawn.bytes, drawn.batch);
        const layout = plan.rank === 3 ? "nchw" : "nhwc";
        const { model: converted, outputs } = await convert({ opset, layout, softmax: true, features: true }, drawn);
        expect(measureDifference(before.logits, outputs.logits)).toBeLessThan(1e-4);
        expect(converted.opsetVersion).toBe(opset);
        expect(Object.keys(outputs).sort()).toEqual(["features", "logits", "probabilities"]);
      }),
      { numRuns: 12, seed: 11 },
    );
  });

  test("folds normalisation into kernels, and leaves no node that only turns a constant", async () => {
    const { model, outputs } = await convert({});
    const operators = model.graph.nodes.map(({ op }) => op);
    expect(decodeModel(fixture.bytes).graph.nodes.map(({ op }) => op)).toContain("BatchNormalization");
    expect(operators).not.toContain("BatchNormalization");
    const constants = new Set(model.graph.initializers.map(({ name }) => name));
    expect(model.graph.nodes.filter(({ inputs: [x = ""] }) => constants.has(x))).toEqual([]);
    const before = await runFile(fixture.bytes, fixture.batch);
    expect(measureDifference(before.logits, outputs.logits)).toBeLessThan(1e-5);
  });

  test("takes pixels and normalises them, with channels last and first", async () => {
    const pixels = { ...fixture.batch, data: fixture.batch.data.map((x) => Math.round(128 + 25 * x)) };
    const at = (values: readonly number[], i: number) => values[i % 2] ?? 0;
    const normal = pixels.data.map((x, i) => (x / 255 - at([0.4, 0.5], i)) / at([0.2, 0.25], i));
    const before = await runFile(fixture.bytes, { ...pixels, data: normal });
    for (const layout of ["nhwc", "nchw"] as const) {
      const { bytes } = await convertExport(fixture.bytes, { layout, preprocess: true });
      const { graph, metadata } = decodeModel(bytes);
      const shape: Shape = layout === "nchw" ? ["N", 2, 8, 8] : ["N", 8, 8, 2];
      expect(graph.inputs).toEqual([{ name: "input", dataType: "uint8", shape }]);
      expect(metadata["firn.normalization"]).toBe('{"scale":1,"mean":[],"std":[]}');
      const form = createInputForm(layout === "nchw" ? { "firn.layout": "nchw" } : {});
      const { logits } = await runFile(bytes, form(pixels));
      expect(measureDifference(before.logits, logits)).toBeLessThan(1e-4);
    }
  });

  test("wants nothing turned inside a network that takes channels first", async () => {
    const { model } = await convert({ layout: "nchw" });
    // What is left stands before the classifier, whose kernel counts its inputs with channels last.
    const turned = model.graph.nodes.filter(({ op }) => op === "Transpose");
    expect(turned.length).toBeLessThanOrEqual(1);
  });

  test("gives what class means are compared with, when they stand behind the network", async () => {
    const means = new Map([0, 1].map((id) => [id, new Float64Array(32).fill(id + 1)]));
    const head = { kind: "nearestMean", layerName: "flat", means, normalize: true } as const;
    const { bytes, batch } = exportDrawn(createImageNetwork(), { ...IMAGES, heads: [head] });
    const { features = new Float32Array() } = await runFile(
      (await convertExport(bytes, { features: true })).bytes,
      batch,
    );
    const { features: flat = features } = await runFile(
      (await convertExport(bytes, { features: "flat" })).bytes,
      batch,
    );
    for (let row = 0; row < IMAGES.rows; row++) {
      const values = flat.slice(row * 32, (row + 1) * 32);
      const unit = values.map((value) => value / Math.hypot(...values));
      expect(measureDifference(features.slice(row * 32, (row + 1) * 32), unit)).toBeLessThan(1e-6);
    }
  });

  test("gives probabilities that add up to 1, and the features that a layer gives", async () => {
    const { outputs } = await convert({ softmax: true, features: "flat" });
    const { probabilities = new Float32Array(0), features, logits = new Float32Array(0) } = outputs;
    for (let row = 0; row < IMAGES.rows; row++) {
      const own = logits.subarray(5 * row, 5 * row + 5);
      const most = Math.max(...own);
      const sum = own.reduce((total, value) => total + Math.exp(value - most), 0);
      own.forEach((value, c) => {
        expect(probabilities[5 * row + c]).toBeCloseTo(Math.exp(value - most) / sum, 5);
      });
    }
    expect(features).toHaveLength(IMAGES.rows * 2 * 2 * 8);
  });

  test("keeps the numbers of float16 half as large, and what they give close", async () => {
    const { bytes, model, outputs } = await convert({ precision: "float16" });
    const before = await runFile(fixture.bytes, fixture.batch);
    expect(measureDifference(before.logits, outputs.logits)).toBeLessThan(5e-3);
    expect(model.graph.initializers.filter(({ dataType }) => dataType === "float32")).toEqual([]);
    expect(model.metadata["firn.precision"]).toBe("float16");
    expect(bytes.length).toBeLessThan(fixture.bytes.length);
  });

  test("measures what int8 needs on the samples, and predicts nearly the same", async () => {
    const { model, outputs } = await convert({ precision: "int8", samples: [fixture.batch] });
    const before = await runFile(fixture.bytes, fixture.batch);
    const difference = measureDifference(before.logits, outputs.logits);
    expect(difference).toBeLessThan(0.05);
    expect(difference).toBeGreaterThan(0);
    const kernels = model.graph.initializers.filter(({ shape }) => shape.length > 1);
    expect(kernels.map(({ dataType }) => dataType)).toEqual(["int8", "int8", "int8"]);
    const biases = model.graph.initializers.filter(({ dataType }) => dataType === "int32");
    // The convolution in the middle has none.
    expect(biases).toHaveLength(2);
  });

  test("refuses what a file cannot be, in one sentence", async () => {
    const refusal = async (options: ConversionOptions, bytes = fixture.bytes) => {
      try {
        await convertExport(bytes, options);
        return "accepted";
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    expect(await refusal({ opset: 12 })).toBe("opset must be a whole number from 13 to 21, got 12");
    expect(await refusal({ precision: "int8" })).toBe("precision int8 needs samples to measure values on, got none");
    expect(await refusal({ features: "bodi" })).toContain('unknown layer or value "bodi", did you mean body?');
    expect(await refusal({}, Uint8Array.of(1, 2, 3))).toContain("the exported model");
    const { bytes } = await convertExport(fixture.bytes, { layout: "nchw" });
    expect(await refusal({ layout: "nchw" }, bytes)).toBe(
      "the exported model was converted before (firn.layout): convert the file of the run",
    );
    const table = exportDrawn(buildPlan({ rank: 1, steps: [[0, 0, 0]] }).model, { sampleShape: [6], rows: 2, seed: 1 });
    expect(await refusal({ layout: "nchw" }, table.bytes)).toContain(
      "layout nchw needs samples [height, width, channels]",
    );
  });
});
