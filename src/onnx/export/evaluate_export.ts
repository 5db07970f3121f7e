import { RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { fitShape } from "../../core/fit_shape.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { decodeModel } from "../file/decode_model.ts";
import type { OnnxGraph } from "../file/onnx_model.ts";
import { SAMPLES_NAME } from "../layers/input.ts";
import { cutBatch } from "./cut_batch.ts";
import { countRowsAtOnce } from "./export_memory.ts";
import { type ExportBatch, ExportSession, type ExportSource, nameSource, readExport } from "./export_session.ts";
import { createInputForm } from "./input_form.ts";
import { findLargestColumn } from "./largest_column.ts";
import { ORIGINAL_KEY } from "./original/original_form.ts";

/**
 * The classes that an exported file predicts for batches of samples [n, …] with their task labels, one after another,
 * by onnxruntime alone. A batch is run in parts where the file would take too much memory for it. The caller owns the
 * result.
 * @throws {Error} If the file cannot be run on them. {RefusalError} If it is none that Firn writes, or takes too much
 *   memory for one sample.
 */
export async function evaluateExport(
  source: ExportSource,
  batches: Iterable<ExportBatch> | AsyncIterable<ExportBatch>,
): Promise<Int32Array<ArrayBuffer>> {
  const predictions: number[] = [];
  for await (const outputs of runExport(source, batches)) predictions.push(...findLargestColumns(outputs));
  return Int32Array.from(predictions);
}

/**
 * The outputs [n, C] of an exported file for batches of samples, in order; a batch may come in parts. Each is borrowed
 * until the next.
 * @throws {Error} As `evaluateExport`.
 */
export async function* runExport(
  source: ExportSource,
  batches: Iterable<ExportBatch> | AsyncIterable<ExportBatch>,
): AsyncGenerator<HostTensor> {
  const bytes = await readExport(source);
  const subject = nameSource(source);
  const { graph, metadata } = decodeModel(bytes);
  if (ORIGINAL_KEY in metadata) {
    throw new RangeRefusal(`${subject} left as its network came, for other programs: give the run's own file`);
  }
  const toForm = createInputForm(metadata);
  const rowsAtOnce = countRowsAtOnce(graph, subject);
  const isDivided = graph.initializers.some(({ external }) => external !== undefined);
  const session = await ExportSession.open(isDivided ? source : bytes, { subject });
  try {
    for await (const batch of batches) {
      const taken = toForm(batch);
      assertSampleShape(graph, taken.shape.slice(1), subject);
      for (const part of cutBatch(taken, rowsAtOnce)) yield await session.run(part);
    }
  } finally {
    await session.close();
  }
}

/**
 * The free text in an exported file, by key.
 * @throws {SyntaxError} If it is not an ONNX file.
 */
export async function readExportMetadata(source: ExportSource): Promise<Readonly<Record<string, string>>> {
  const bytes = await readExport(source);
  try {
    return decodeModel(bytes).metadata;
  } catch (cause) {
    if (typeof source === "string" && cause instanceof SyntaxRefusal)
      throw new SyntaxRefusal(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** @throws {RangeRefusal} If the file takes samples of another shape. */
function assertSampleShape({ inputs }: OnnxGraph, got: readonly number[], subject: string): void {
  const wanted = inputs.find(({ name }) => name === SAMPLES_NAME)?.shape.slice(1) ?? got;
  const lengths = wanted.map((length) => (typeof length === "number" ? length : null));
  if (fitShape(got, lengths)) return;
  const isTable = wanted.length === 1 && got.length === 1;
  const cure = isTable
    ? ": the data must have the columns that the model was trained on (dropColumns leaves some out)"
    : "";
  throw new RangeRefusal(
    `${subject} takes samples of shape [${wanted.join(", ")}], and the data has [${got.join(", ")}]${cure}`,
  );
}

/** The column of each row's largest value, the first of equals. */
function findLargestColumns({ data, shape }: HostTensor): Int32Array {
  const [rows, columns] = matrixShape(shape);
  const largest = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    largest[row] = findLargestColumn(data.subarray(row * columns, (row + 1) * columns));
  }
  return largest;
}
