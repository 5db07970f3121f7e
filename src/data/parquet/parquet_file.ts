import { stat } from "node:fs/promises";
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { describeCause, SyntaxRefusal } from "../../core/errors/errors.ts";
import { isSystemError, withFileNamed } from "../../core/errors/system_error.ts";
import { FileRanges } from "../decoders/file_ranges.ts";

/** A column of a Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  /** "image": bytes of files, a struct {bytes, path} or bytes; "table": all that one cell of a table can hold. */
  readonly kind: "image" | "table" | "other";
}

/** What an image's column may be, for messages. */
const NO_TEXT: unknown = undefined;

/** A Parquet file whose footer was read. */
export class ParquetFile {
  readonly path: string;
  readonly size: number;
  readonly columns: readonly ParquetColumn[];
  /** Where each row group begins, and last how many rows there are. */
  readonly groupStarts: readonly number[];
  readonly #file: AsyncBuffer;
  readonly #metadata: FileMetaData;
  readonly #compressors: Compressors;

  constructor(path: string, { file, metadata, compressors, columns }: ParquetParts) {
    this.path = path;
    this.size = file.byteLength;
    this.columns = columns;
    this.#file = file;
    this.#metadata = metadata;
    this.#compressors = compressors;
    let rows = 0;
    const starts = metadata.row_groups.map((group) => {
      rows += Number(group.num_rows);
      return rows - Number(group.num_rows);
    });
    this.groupStarts = [...starts, rows];
  }

  get rows(): number {
    return this.groupStarts.at(-1) ?? 0;
  }

  /** The names of a column's classes, where Hugging Face's datasets wrote the file and it has class ids. */
  classNames(column: string): readonly string[] | undefined {
    const text = this.#metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
    const feature = walk(parseJSON(text), ["info", "features", column]);
    const names = walk(feature, ["_type"]) === "ClassLabel" ? walk(feature, ["names"]) : undefined;
    return Array.isArray(names) ? names.map(String) : undefined;
  }

  /** How many bytes a row group's columns take, unpacked. */
  countBytes(group: number, columns: readonly string[]): number {
    let bytes = 0;
    for (const { meta_data } of this.#metadata.row_groups[group]?.columns ?? []) {
      const name = meta_data?.path_in_schema[0];
      if (name !== undefined && columns.includes(name)) bytes += Number(meta_data?.total_uncompressed_size ?? 0);
    }
    return bytes;
  }

  /**
   * The cells of some columns of a row group, a list a column. The caller owns them.
   * @throws {SyntaxRefusal} If the file is damaged, with its name.
   */
  async readGroup(group: number, columns: readonly string[]): Promise<readonly ArrayLike<unknown>[]> {
    const { parquetReadObjects } = await import("hyparquet");
    const [rowStart, rowEnd] = [this.groupStarts[group] ?? 0, this.groupStarts[group + 1] ?? 0];
    const [file, metadata, compressors] = [this.#file, this.#metadata, this.#compressors];
    const options = { file, metadata, compressors, columns: [...columns], rowStart, rowEnd, utf8: false };
    const rows = await refuseDamage(this.path, () => parquetReadObjects(options));
    return columns.map((name) => rows.map((row) => row[name]));
  }
}

interface ParquetParts {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly compressors: Compressors;
  readonly columns: readonly ParquetColumn[];
}

/**
 * Reads the footer of a Parquet file.
 * @throws {RefusalError} If it cannot be read, or is no such file; the message names it.
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const { size } = await withFileNamed(path, () => stat(path));
  const ranges = new FileRanges();
  const file: AsyncBuffer = {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = await ranges.read(path, { start, length: end - start });
      return bytes.buffer instanceof ArrayBuffer ? bytes.buffer : bytes.slice().buffer;
    },
  };
  const metadata = await refuseDamage(path, () => parquetMetadataAsync(file));
  const columns = parquetSchema(metadata).children.map(({ element, children }): ParquetColumn => {
    const fields = children.map((child) => child.element.name);
    if (fields.length > 0) return { name: element.name, kind: fields.includes("bytes") ? "image" : "other" };
    const isText = element.converted_type !== NO_TEXT || element.logical_type !== NO_TEXT;
    return { name: element.name, kind: element.type === "BYTE_ARRAY" && !isText ? "image" : "table" };
  });
  return new ParquetFile(path, { file, metadata, compressors, columns });
}

/** The library throws errors of its own where bytes make no sense. */
async function refuseDamage<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (isSystemError(cause) || cause instanceof SyntaxRefusal) throw cause;
    throw new SyntaxRefusal(`${path}: damaged or unsupported Parquet file (${describeCause(cause)})`, { cause });
  }
}

function parseJSON(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function walk(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined;
  return at;
}
