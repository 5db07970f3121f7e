import { elementAt } from "../../core/element_at.ts";
import { needs, RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { objectLike, required } from "../../core/options/value_rules.ts";
import { type ExportBatch, ExportSession, type ExternalData } from "./export_session.ts";
import { findLargestColumn } from "./largest_column.ts";

/** The largest difference allowed for logits of size 1; larger logits may differ in proportion. */
const EXPORT_TOLERANCE = 1e-4;

/** What an exported file must give. */
export interface ExportExpectation {
  /** Samples [n, …], as the file takes them. */
  readonly x: ExportBatch;
  /** The engine's logits of these samples [n, C]. */
  readonly expected: Float32Array;
  /** What stands in the file beside it, where there is one. */
  readonly external?: ExternalData;
}

const EXPORT_EXPECTATION_RULES: OptionRules<ExportExpectation> = {
  x: required(objectLike("samples { data, shape }", "data", "shape")),
  expected: required(objectLike("a Float32Array", "buffer")),
  external: objectLike("{ location, bytes }", "location", "bytes"),
};

/**
 * Runs an exported file by onnxruntime and compares its logits with the engine's.
 * @throws {Error} If they differ by more than 10⁻⁴ · max(1, largest expected), if the largest of a row is another
 * class's by more than that is of it alone, or if the file cannot be run.
 */
export async function checkExport(
  bytes: Uint8Array,
  expectation: ExportExpectation,
): Promise<{ maxAbsoluteDifference: number }> {
  assertOptions("checkExport", expectation, EXPORT_EXPECTATION_RULES);
  const { x, expected, external } = expectation;
  const session = await ExportSession.open(bytes, external ? { external } : {});
  try {
    return { maxAbsoluteDifference: assertSameOutputs(await session.run(x), expected) };
  } finally {
    await session.close();
  }
}

/**
 * Compares what a file gives [n, C] with what it must give.
 * @returns The largest difference.
 * @throws {RefusalError} If they differ by more than `checkExport` allows.
 */
export function assertSameOutputs({ data, shape }: HostTensor, expected: Float32Array): number {
  if (data.length !== expected.length) {
    throw new RefusalError(needs("the exported model", `${expected.length} logits`, data.length));
  }
  const maxAbsoluteDifference = findLargest(expected, (value, i) => value - (data[i] ?? 0));
  const largest = findLargest(expected, (value) => value);
  const tolerance = EXPORT_TOLERANCE * Math.max(1, largest);
  // Written so that NaN, which is neither larger nor smaller, is refused.
  if (!(maxAbsoluteDifference <= tolerance)) {
    const wanted = `logits within ${tolerance} of the engine's`;
    throw new RefusalError(needs("the exported model", wanted, maxAbsoluteDifference));
  }
  assertSameClasses(data, expected, shape);
  return maxAbsoluteDifference;
}

/** Logits far below the others, of masked classes say, make the tolerance wide: it must not hide another prediction. */
function assertSameClasses(
  data: HostTensor["data"],
  expected: Float32Array,
  [rows = 0, columns = 0]: readonly number[],
): void {
  for (let start = 0; start < rows * columns; start += columns) {
    const wanted = expected.subarray(start, start + columns);
    const [right, given] = [findLargestColumn(wanted), findLargestColumn(data.subarray(start, start + columns))];
    const best = elementAt(wanted, right);
    if (best - elementAt(wanted, given) <= EXPORT_TOLERANCE * Math.max(1, Math.abs(best))) continue;
    throw new RefusalError(needs("the exported model", `class ${right} for sample ${start / columns}`, given));
  }
}

/** The largest absolute value of `measure`; NaN if any is. */
function findLargest(values: Float32Array, measure: (value: number, i: number) => number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(measure(values[i] ?? 0, i)));
  return largest;
}
