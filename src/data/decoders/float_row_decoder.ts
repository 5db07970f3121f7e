import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";
import { FileRanges } from "./file_ranges.ts";

/** Rows of float32 numbers, in the byte order of this machine. */
export class FloatRowDecoder implements RowDecoder {
  readonly #spec: Extract<DecoderSpec, { kind: "floatRows" }>;
  readonly #ranges = new FileRanges();

  constructor(spec: Extract<DecoderSpec, { kind: "floatRows" }>) {
    this.#spec = spec;
  }

  decode(row: number): Promise<Uint8Array> {
    const { file, width, subject } = this.#spec;
    const length = width * Float32Array.BYTES_PER_ELEMENT;
    return this.#ranges.read(file, { start: row * length, length }, subject);
  }
}
