import { RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import type { NpyArray } from "./npy_reader.ts";

/** An array that holds a part of every sample. */
export interface ArrayPart {
  /** What messages begin with: the file. */
  readonly subject: string;
  readonly array: NpyArray;
}

/** Whole numbers up to here are float32 numbers, too. */
const LARGEST_INTEGER = 2 ** 24;

/**
 * Several arrays [rows, …] as samples of one row of numbers each, in which the arrays' rows follow each other.
 * @throws {SyntaxRefusal} If they differ in rows, or a value is not finite or a whole number that float32 has not; the
 *   message names the file and the row.
 */
export function joinParts(
  parts: readonly ArrayPart[],
): Pick<LabelledSamples, "x" | "sampleShape"> & { readonly rows: number } {
  const rows = parts[0]?.array.shape[0] ?? 0;
  if (rows === 0) throw new SyntaxRefusal(`${parts[0]?.subject}: samples must have at least one row, got none`);
  const widths = parts.map(({ subject, array: { shape } }) => {
    const width = countElements(shape.slice(1));
    if (shape[0] === rows && width > 0) return width;
    throw new SyntaxRefusal(
      `${subject}: a part of ${rows} samples needs the shape [${rows}, …], got [${shape.join(", ")}]`,
    );
  });
  const total = widths.reduce((sum, width) => sum + width, 0);
  const x = createSharedFloat32(rows * total);
  let start = 0;
  for (const [i, { subject, array }] of parts.entries()) {
    const width = widths[i] ?? 0;
    for (const [at, value] of array.data.entries()) {
      const row = Math.floor(at / width);
      assertValue(value, `${subject}, row ${row}`);
      x[row * total + start + (at % width)] = value;
    }
    start += width;
  }
  return { x, sampleShape: [total], rows };
}

function assertValue(value: number, subject: string): void {
  if (!Number.isFinite(Math.fround(value))) {
    throw new SyntaxRefusal(`${subject}: values must be finite float32 numbers, got ${value}`);
  }
  if (Number.isInteger(value) && Math.abs(value) > LARGEST_INTEGER) {
    throw new SyntaxRefusal(`${subject}: whole numbers must be within ±2^24, which float32 holds, got ${value}`);
  }
}

/** @throws {RangeRefusal} If the arrays that make a sample are not named as they must be, or there are none. */
export function assertArrayNames(
  arrays: readonly string[],
  { path, files }: { readonly path: string; readonly files: readonly string[] },
): void {
  if (!files.some((name) => /\.np[yz]$/i.test(name))) {
    throw new RangeRefusal(`${path}: arrays requires .npy or .npz files`);
  }
  const twice = arrays.find((name, i) => arrays.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeRefusal(`${path}: arrays must name each array once, got ${twice} twice`);
  const taken = arrays.find((name) => name === "y" || name === "t");
  if (taken === undefined) return;
  throw new RangeRefusal(`${path}: arrays must name those of samples, got ${taken}, which holds labels`);
}
