import { InferenceSession, Tensor } from "onnxruntime-node";
import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal, RefusalError, TypeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { logSumExp } from "../../../core/log_sum_exp.ts";
import { decodeModel } from "../../file/decode_model.ts";
import { describeRuntimeError } from "../../runtime_error.ts";
import { assertSameOutputs, type ExportExpectation } from "../check_export.ts";
import type { ExportBatch } from "../export_session.ts";
import { putChannelsFirst } from "../input_form.ts";
import { ORIGINAL_KEY, type OriginalForm, parseOriginalForm } from "./original_form.ts";

/**
 * Runs a file that left as its network came by onnxruntime, and compares what it gives with what the engine's logits
 * become there. Samples are as the data has them.
 * @throws {Error} As `checkExport`.
 */
export async function checkOriginal(
  bytes: Uint8Array,
  { x, expected, external }: ExportExpectation,
): Promise<{ maxAbsoluteDifference: number }> {
  const form = parseOriginalForm(decodeModel(bytes).metadata[ORIGINAL_KEY] ?? "");
  const options = external ? { externalData: [{ path: external.location, data: external.bytes }] } : {};
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, ...options }).catch((cause: unknown) => {
    const why = `the exported model: onnxruntime does not load it: ${describeRuntimeError(cause)}`;
    throw new RefusalError(why, { cause });
  });
  try {
    const given = (await session.run(createFeeds(session, form, x), [form.output]))[form.output];
    if (!(given?.data instanceof Float32Array)) {
      throw new TypeRefusal(needs("the exported model", `"${form.output}" of float32`, given?.type));
    }
    const { data, dims } = given;
    const wanted = finish(expected, form, elementAt(dims, dims.length - 1));
    return { maxAbsoluteDifference: assertSameOutputs({ data, shape: dims }, wanted) };
  } finally {
    await session.release();
  }
}

function createFeeds(
  session: InferenceSession,
  { inputs, change }: OriginalForm,
  x: ExportBatch,
): Record<string, Tensor> {
  const rows = elementAt(x.shape, 0);
  const { data } = change === "channelsFirst" ? putChannelsFirst(x) : x;
  const width = data.length / rows;
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape, dataType, place } of inputs) {
    const size = countElements(shape);
    const values = new Float32Array(rows * size);
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * size, (row + 1) * size);
      if ("fill" in place) own.fill(place.fill);
      else own.set(data.subarray(row * width + place.from, row * width + place.from + size));
    }
    feeds[name] = createTensor(values, dataType, [rows, ...shape]);
  }
  const { taskLabels } = x;
  if (taskLabels && session.inputNames.includes("task_labels")) {
    feeds.task_labels = new Tensor("int64", BigInt64Array.from(taskLabels, BigInt), [rows]);
  }
  return feeds;
}

function createTensor(values: Float32Array, dataType: string, shape: readonly number[]): Tensor {
  switch (dataType) {
    case "float32":
      return new Tensor("float32", values, shape);
    case "int64":
      return new Tensor(
        "int64",
        BigInt64Array.from(values, (value) => BigInt(Math.round(value))),
        shape,
      );
    case "int32":
      return new Tensor("int32", Int32Array.from(values), shape);
    case "uint8":
    case "bool":
      return new Tensor(dataType, Uint8Array.from(values), shape);
    case "int8":
      return new Tensor("int8", Int8Array.from(values), shape);
  }
  throw new RangeRefusal(`an input of ${dataType} cannot be checked`);
}

/** What the operators behind the logits [n, C] make of them. */
function finish(logits: Float32Array, { probabilities }: OriginalForm, columns: number): Float32Array {
  let values: Float32Array = logits;
  for (const op of probabilities) values = applyEnding(values, op, columns);
  return values;
}

function applyEnding(values: Float32Array, op: string, columns: number): Float32Array {
  switch (op) {
    case "Sigmoid":
      return values.map((value) => 1 / (1 + Math.exp(-value)));
    case "Softmax":
      return byRow(values, columns, (value, total) => Math.exp(value - total));
    case "LogSoftmax":
      return byRow(values, columns, (value, total) => value - total);
    default:
      return values;
  }
}

/** @param map Of a value and the logarithm of the sum of its row's exponentials. */
function byRow(
  values: Float32Array,
  columns: number,
  map: (value: number, total: number) => number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += columns) {
    const row = values.subarray(start, start + columns);
    const total = logSumExp(row);
    result.set(
      row.map((value) => map(value, total)),
      start,
    );
  }
  return result;
}
