import { readSampleArray } from "../readers/array_files.ts";
import type { LabelledSamples } from "../readers/labelled_samples.ts";
import { parseNpyValues } from "../readers/npy_reader.ts";
import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";
import { FileRanges } from "./file_ranges.ts";

type NpyRows = Extract<DecoderSpec, { kind: "npyRows" }>;

/** Rows of an array in a .npy file, which is read where they lie. */
export class NpyRowDecoder implements RowDecoder {
  readonly #spec: NpyRows;
  readonly #ranges = new FileRanges();

  constructor(spec: NpyRows) {
    this.#spec = spec;
  }

  async decode(row: number): Promise<Uint8Array> {
    const { x } = await readNpyRow(this.#spec, row, this.#ranges);
    return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  }
}

/**
 * One row of an array, as a sample with its channels last. The caller owns it.
 * @throws {RefusalError} If the file is truncated, or a value is not finite.
 */
export async function readNpyRow(
  { file, header, layout }: NpyRows,
  row: number,
  ranges = new FileRanges(),
): Promise<Pick<LabelledSamples, "x" | "sampleShape">> {
  const [rows = 1, ...shape] = header.shape;
  const length = (header.fileBytes - header.start) / rows;
  const bytes = await ranges.read(file, { start: header.start + row * length, length });
  const values = parseNpyValues(bytes, { descr: header.descr, shape: [1, ...shape], subject: file });
  return readSampleArray(values, { subject: file, layout, firstRow: row });
}
