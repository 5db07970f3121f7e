import { Dataset } from "../../data/dataset.ts";
import type { ExportBatch } from "../../onnx/export/export_session.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { readBatches } from "./evaluate_numbers.ts";

const BATCH_ROWS = 64;

/**
 * Training samples, evenly spread over the experiences that a model has learnt: what it will be asked, and nothing that
 * it is tested on.
 * @param last The number of the experience that it was trained on last. Default: all were learnt.
 */
export function takeCalibrationSamples(
  { trainStream }: Pick<Benchmark, "trainStream">,
  { count, last = trainStream.length - 1 }: { readonly count: number; readonly last?: number | undefined },
): Iterable<ExportBatch> {
  const learnt = [...trainStream.slice(0, last + 1)];
  const all = Dataset.concat((learnt.length > 0 ? learnt : [...trainStream]).map(({ dataset }) => dataset));
  const taken = Math.min(count, all.length);
  const spread = Int32Array.from({ length: taken }, (_, i) => Math.floor((i * all.length) / taken));
  return readBatches(all.subset(spread), BATCH_ROWS);
}
