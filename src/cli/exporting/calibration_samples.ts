import { readFileSync } from "node:fs";
import { Dataset } from "../../data/dataset.ts";
import type { ExportBatch } from "../../onnx/export/export_session.ts";
import { decodeModel } from "../../onnx/file/decode_model.ts";
import { readBatches } from "../../runs/evaluate_numbers.ts";
import type { Benchmark } from "../../streams/experience.ts";

const BATCH_ROWS = 64;

/**
 * Training samples, evenly spread over the experiences that a file's model has learnt: what it will be asked, and
 * nothing that it is tested on.
 */
export function takeCalibrationSamples({ trainStream }: Benchmark, path: string, count: number): Iterable<ExportBatch> {
  const last = Number(decodeModel(readFileSync(path)).metadata["firn.experience"] ?? trainStream.length - 1);
  const learnt = [...trainStream.slice(0, last + 1)];
  const all = Dataset.concat((learnt.length > 0 ? learnt : [...trainStream]).map(({ dataset }) => dataset));
  const taken = Math.min(count, all.length);
  return readBatches(
    all.subset(Int32Array.from({ length: taken }, (_, i) => Math.floor((i * all.length) / taken))),
    BATCH_ROWS,
  );
}
