import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { readSamples } from "../../src/data/read_samples.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { evaluateExport, readExportMetadata } from "../../src/onnx/export/evaluate_export.ts";
import { exportStrategy } from "../../src/runs/exports/export_strategy.ts";
import { ModelExporter } from "../../src/runs/exports/model_exporter.ts";
import { createRunDirectory } from "../../src/runs/run_directory.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

afterAll(removeFolders);

/** Kernels of 6 · 64 and 64 · 4 numbers: 1536 and 1024 bytes. */
const model = () => mlp({ inputShape: [6], hiddenLayers: 1, hiddenSize: 64, numClasses: 4 });
const benchmark = makeBenchmark();
const experience = benchmark.trainStream.at(0);
const labels = { strategy: "naive", benchmark: "made" };
const accuracy = { testAccuracy: [1, 0], streamAccuracy: 0.5 };

describe("ModelExporter", () => {
  test("writes tensors into a file beside it, when one file would be too large, and onnxruntime finds them", async () => {
    const directory = await createRunDirectory(await makeFolder({}));
    const predictions = await withStrategy(new Naive(makeOptions({ model: model() })), async (strategy) => {
      await strategy.train(experience);
      const exporter = new ModelExporter(benchmark, directory, { labels, maxFileBytes: 2000 });
      const { path, maxAbsoluteDifference } = await exporter.export(strategy, experience, accuracy);
      expect(path).toBe("onnx/experience-000.onnx");
      expect(maxAbsoluteDifference).toBeLessThan(1e-5);
      return strategy.predict(experience.dataset);
    });
    directory.close();
    const names = ["experience-000.onnx", "experience-000.onnx.data", "latest.onnx"];
    expect((await readdir(directory.resolve("onnx"))).sort()).toEqual(names);
    expect((await readFile(directory.resolve("onnx/experience-000.onnx.data"))).length).toBe(4096 + 1024);

    const x = readSamples(experience.dataset);
    for (const name of ["experience-000.onnx", "latest.onnx"]) {
      const path = directory.resolve(join("onnx", name));
      await (await InferenceSession.create(path, { logSeverityLevel: 4 })).release();
      expect([...(await evaluateExport(path, [x]))]).toEqual([...predictions.classes]);
      expect(await readExportMetadata(path)).toMatchObject({ "firn.experience": "0" });
    }
    await writeFile(directory.resolve("onnx/experience-000.onnx.data"), new Uint8Array(9));
    await expect(evaluateExport(directory.resolve("onnx/latest.onnx"), [x])).rejects.toThrow(/does not load it/);
  });
});

describe("exportStrategy()", () => {
  test("refuses a model that is too large for one file, when it has no name for another", async () => {
    await withStrategy(new Naive(makeOptions({ model: model() })), async (strategy) => {
      await strategy.train(experience);
      const options = { benchmark, experience, maxFileBytes: 2000 };
      await expect(exportStrategy(strategy, options)).rejects.toThrow(/must have at most 2000 bytes, got/);
      const { data } = await exportStrategy(strategy, { benchmark, experience, dataLocation: "x.data" });
      expect(data).toBeUndefined();
    });
  });
});
