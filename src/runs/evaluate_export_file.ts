import type { Dataset } from "../data/dataset.ts";
import { readSamples } from "../data/read_samples.ts";
import { evaluateExport } from "../onnx/export/evaluate_export.ts";
import type { ExportBatch } from "../onnx/export/export_session.ts";
import type { Stream } from "../streams/experience.ts";

/** How an exported file does on a stream. */
export interface ExportEvaluation {
  readonly examples: number;
  /** How many of them got the right class. */
  readonly correct: number;
  /** correct / examples */
  readonly streamAccuracy: number;
  /** Accuracy on each experience of the stream. */
  readonly testAccuracy: readonly number[];
}

/**
 * Predicts a stream's classes by an exported file and counts the right ones. Only onnxruntime computes.
 * @throws {Error} If the file cannot be read or run on these samples.
 */
export async function evaluateExportFile(
  path: string,
  { stream, batchSize }: { readonly stream: Stream; readonly batchSize: number },
): Promise<ExportEvaluation> {
  let examples = 0;
  let correct = 0;
  const testAccuracy: number[] = [];
  for (const { dataset } of stream) {
    const predictions = await evaluateExport(path, readBatches(dataset, batchSize));
    const right = predictions.reduce((count, id, i) => count + (id === dataset.targets[i] ? 1 : 0), 0);
    testAccuracy.push(right / dataset.length);
    examples += dataset.length;
    correct += right;
  }
  return { examples, correct, streamAccuracy: correct / examples, testAccuracy };
}

function* readBatches(dataset: Dataset, batchSize: number): Generator<ExportBatch> {
  for (let start = 0; start < dataset.length; start += batchSize) {
    const length = Math.min(batchSize, dataset.length - start);
    const batch = dataset.subset(Int32Array.from({ length }, (_, i) => start + i));
    yield { ...readSamples(batch), taskLabels: batch.targetsTaskLabels };
  }
}
