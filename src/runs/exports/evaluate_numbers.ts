import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { readSamples } from "../../data/read_samples.ts";
import { listMeasures, type MeasureName, measureOf } from "../../evaluation/measures.ts";
import type { TargetMetric } from "../../evaluation/metrics/target_metrics.ts";
import { runExport } from "../../onnx/export/evaluate_export.ts";
import type { ExportBatch } from "../../onnx/export/export_session.ts";
import type { Stream } from "../../streams/experience.ts";

/** How an exported file meets targets that are numbers: by the measures that are about them. */
export interface NumbersEvaluation {
  readonly examples: number;
  /** On the whole stream. */
  readonly stream: Readonly<Partial<Record<MeasureName, number>>>;
  /** On each of its experiences. */
  readonly experiences: readonly Readonly<Partial<Record<MeasureName, number>>>[];
}

/** What a file that predicts numbers is evaluated on. */
export interface NumbersEvaluationOptions {
  readonly stream: Stream;
  readonly batchSize: number;
  /** What each of the file's columns is. Default: the stream's targets. */
  readonly targetNames: readonly string[] | undefined;
}

/**
 * Measures how far a file's outputs meet the targets of a stream. Only onnxruntime computes.
 * @throws {Error} If the file cannot be read or run on these samples, or has no column for a target.
 */
export async function evaluateNumbers(
  path: string,
  { stream, batchSize, targetNames }: NumbersEvaluationOptions,
): Promise<NumbersEvaluation> {
  const { kind, names } = stream.at(0).dataset.targetForm;
  const whole = createMetrics(kind);
  const experiences = [];
  let examples = 0;
  for (const { dataset } of stream) {
    const own = createMetrics(kind);
    let start = 0;
    for await (const outputs of runExport(path, readBatches(dataset, batchSize))) {
      const rows = outputs.shape[0] ?? 0;
      const part = dataset.subset(Int32Array.from({ length: rows }, (_, i) => start + i));
      start += rows;
      const targets = part.targetValues;
      if (!targets) continue;
      const columns = targetNames && names ? findColumns(path, { names, targetNames }) : undefined;
      const fitted = columns ? takeColumns(outputs, columns) : outputs;
      if (fitted.shape[1] !== targets.shape[1]) {
        const wanted = `${targets.shape[1]} outputs, one a target of the data`;
        throw new RangeRefusal(`${path}: the model must have ${wanted}, got ${fitted.shape[1]}`);
      }
      for (const metrics of [whole, own]) for (const metric of metrics.values()) metric.update(fitted, targets);
    }
    experiences.push(readResults(own));
    examples += dataset.length;
  }
  return { examples, stream: readResults(whole), experiences };
}

/** The samples of a data set in batches, as an exported file takes them. */
export function* readBatches(dataset: Dataset, batchSize: number): Generator<ExportBatch> {
  for (let start = 0; start < dataset.length; start += batchSize) {
    const length = Math.min(batchSize, dataset.length - start);
    const batch = dataset.subset(Int32Array.from({ length }, (_, i) => start + i));
    yield { ...readSamples(batch), taskLabels: batch.targetsTaskLabels };
  }
}

function createMetrics(kind: Parameters<typeof listMeasures>[0]): Map<MeasureName, TargetMetric> {
  return new Map(
    listMeasures(kind).flatMap((name) => {
      const metric = measureOf(name).compare?.();
      return metric ? [[name, metric] as const] : [];
    }),
  );
}

function readResults(metrics: ReadonlyMap<MeasureName, TargetMetric>): Partial<Record<MeasureName, number>> {
  return Object.fromEntries([...metrics].map(([name, metric]) => [name, metric.result()]));
}

/** The file's column of each target. @throws {RangeRefusal} If it has none. */
function findColumns(
  path: string,
  { names, targetNames }: { readonly names: readonly string[]; readonly targetNames: readonly string[] },
): readonly number[] {
  return names.map((name) => {
    const column = targetNames.indexOf(name);
    if (column >= 0) return column;
    throw new RangeRefusal(
      `${path} predicts ${describeValue(targetNames)}, and not ${describeValue(name)} of the data`,
    );
  });
}

function takeColumns({ data, shape: [rows = 0, width = 0] }: HostTensor, columns: readonly number[]): HostTensor {
  const taken = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++) {
    for (const [i, column] of columns.entries()) taken[row * columns.length + i] = data[row * width + column] ?? 0;
  }
  return { data: taken, shape: [rows, columns.length] };
}
