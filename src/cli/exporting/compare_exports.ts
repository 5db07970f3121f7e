import { stat } from "node:fs/promises";
import { RandomStream } from "../../core/random_stream.ts";
import { Dataset } from "../../data/dataset.ts";
import { findSamples } from "../../onnx/conversion/convert_input.ts";
import type { ExportBatch } from "../../onnx/export/export_session.ts";
import { readExport } from "../../onnx/export/export_session.ts";
import { decodeModel } from "../../onnx/file/decode_model.ts";
import { evaluateExportFile } from "../../runs/exports/evaluate_export_file.ts";
import { readBatches } from "../../runs/exports/evaluate_numbers.ts";
import { measureExport } from "../../runs/exports/measure_export.ts";
import { nameDataFile } from "../../runs/run_files.ts";
import type { TestedFile } from "../evaluating/tested_file.ts";

/** What a file is worth, and what it costs. */
export interface ExportFigures {
  readonly bytes: number;
  readonly msForOne: number;
  readonly msForMany: number;
  /** On the tested samples: of classes. */
  readonly accuracy?: number | undefined;
}

/** A file beside the one that it was made of. */
export interface ExportComparison {
  readonly before: ExportFigures;
  readonly after: ExportFigures;
  /** How many samples the larger calls had. */
  readonly many: number;
  /** Which samples were tested, in words. */
  readonly tested?: string;
}

const MANY = 64;
const EVALUATED_AT_ONCE = 256;

/** Runs two files on the same samples: the tested ones, or where there are none numbers of N(0, 1). */
export async function compareExports({
  before,
  after,
  tested,
}: {
  readonly before: string;
  readonly after: string;
  readonly tested?: TestedFile;
}): Promise<ExportComparison> {
  const batches = tested ? takeBatches(tested) : await drawBatches(before);
  const measure = async (path: string): Promise<ExportFigures> => {
    const tensorBytes = await stat(nameDataFile(path)).then(
      ({ size }) => size,
      () => 0,
    );
    const { bytes, msByRows } = await measureExport(path, await readExport(path), { batches, tensorBytes });
    const [msForOne = 0, msForMany = msForOne] = [...msByRows.values()];
    return { bytes, msForOne, msForMany, accuracy: tested && (await measureAccuracy(path, tested)) };
  };
  const [first, second] = [await measure(before), await measure(after)];
  const many = batches.at(-1)?.shape[0] ?? MANY;
  return { before: first, after: second, many, ...(tested ? { tested: tested.tested } : {}) };
}

/** Undefined where the model predicts numbers. */
async function measureAccuracy(path: string, { benchmark, names }: TestedFile): Promise<number | undefined> {
  const { classNames, targetNames } = names;
  const options = { stream: benchmark.testStream, batchSize: EVALUATED_AT_ONCE, classNames, targetNames };
  const evaluation = await evaluateExportFile(path, options);
  return "streamAccuracy" in evaluation ? evaluation.streamAccuracy : undefined;
}

function takeBatches({ benchmark }: TestedFile): readonly ExportBatch[] {
  const all = Dataset.concat([...benchmark.testStream].map(({ dataset }) => dataset));
  return [1, Math.min(MANY, all.length)].flatMap((rows) => [
    ...readBatches(all.subset(Int32Array.from({ length: rows }, (_, i) => i)), rows),
  ]);
}

async function drawBatches(path: string): Promise<readonly ExportBatch[]> {
  const [, ...sampleShape] = findSamples(decodeModel(await readExport(path)).graph).shape.map(Number);
  const stream = new RandomStream(0, "export-samples");
  const size = sampleShape.reduce((product, length) => product * length, 1);
  return [1, MANY].map((rows) => ({
    data: Float32Array.from({ length: rows * size }, () => stream.normal()),
    shape: [rows, ...sampleShape],
    taskLabels: new Int32Array(rows),
  }));
}
