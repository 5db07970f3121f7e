import { elementAt } from "../../core/element_at.ts";
import { decodeImage } from "../images/decode_image.ts";
import { assertKeptSize, prepareImage } from "../images/prepare_image.ts";
import { readImageBytes, readNumber } from "../parquet/parquet_cells.ts";
import { openParquet, type ParquetFile } from "../parquet/parquet_file.ts";
import { findPart } from "../sample_index.ts";
import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";

type ParquetSpec = Extract<DecoderSpec, { kind: "parquetImages" | "parquetNumbers" }>;

/** How many bytes of unpacked row groups are kept, beside the latest one. */
const KEPT_BYTES = 2 ** 26;

/** A row group's columns, unpacked. */
interface UnpackedGroup {
  readonly columns: Promise<readonly ArrayLike<unknown>[]>;
  readonly bytes: number;
}

/** Rows of Parquet files. A row group is unpacked as a whole, and the latest ones are kept. */
export class ParquetDecoder implements RowDecoder {
  readonly #spec: ParquetSpec;
  readonly #fileStarts: readonly number[];
  readonly #files = new Map<number, Promise<ParquetFile>>();
  /** By file and group, the latest last. */
  readonly #groups = new Map<string, UnpackedGroup>();

  constructor(spec: ParquetSpec) {
    this.#spec = spec;
    let rows = 0;
    this.#fileStarts = spec.groupStarts.map((starts) => {
      rows += starts.at(-1) ?? 0;
      return rows - (starts.at(-1) ?? 0);
    });
  }

  async decode(row: number): Promise<Uint8Array> {
    const spec = this.#spec;
    const file = findPart(this.#fileStarts, row);
    const own = row - elementAt(this.#fileStarts, file);
    const starts = elementAt(spec.groupStarts, file);
    const group = findPart(starts.slice(0, -1), own);
    const columns = await this.#unpack(file, group);
    const place = own - elementAt(starts, group);
    const subject = `${elementAt(spec.files, file)}, row ${own}`;
    if (spec.kind === "parquetImages") {
      const bytes = readImageBytes(columns[0]?.[place], subject);
      const decoded = await decodeImage(bytes, subject);
      assertKeptSize(decoded, spec.image, { row, subject });
      return prepareImage(decoded, spec.image).data;
    }
    const values = Float32Array.from(columns, (column, i) =>
      readNumber(column[place], { place: subject, column: elementAt(spec.columns, i) }),
    );
    return new Uint8Array(values.buffer);
  }

  async #unpack(file: number, group: number): Promise<readonly ArrayLike<unknown>[]> {
    const key = `${file}/${group}`;
    const known = this.#groups.get(key);
    if (known) {
      this.#groups.delete(key);
      this.#groups.set(key, known);
      return known.columns;
    }
    const spec = this.#spec;
    const opened = this.#files.get(file) ?? openParquet(elementAt(spec.files, file));
    this.#files.set(file, opened);
    const names = spec.kind === "parquetImages" ? [spec.column] : spec.columns;
    try {
      const parquet = await opened;
      const made = { columns: parquet.readGroup(group, names), bytes: parquet.countBytes(group, names) };
      this.#groups.set(key, made);
      this.#dropOldest();
      return await made.columns;
    } catch (error) {
      this.#files.delete(file);
      this.#groups.delete(key);
      throw error;
    }
  }

  #dropOldest(): void {
    let kept = 0;
    for (const { bytes } of this.#groups.values()) kept += bytes;
    for (const [key, { bytes }] of this.#groups) {
      if (kept <= KEPT_BYTES || this.#groups.size === 1) return;
      this.#groups.delete(key);
      kept -= bytes;
    }
  }
}
