import { type FileHandle, open } from "node:fs/promises";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";

/** A file within a tar archive. */
export interface TarEntry {
  /** With its folders. */
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly start: number;
  readonly size: number;
}

/** What a tar archive holds. */
export interface TarIndex {
  readonly entries: readonly TarEntry[];
  /** Of the archive, in bytes. */
  readonly size: number;
}

const BLOCK = 512;

/** Headers are looked for in pieces of this size, as most files are small. */
const PIECE_BYTES = 2 ** 16;

/** The longest name, or set of extended fields, that is read. */
const MAX_FIELDS_BYTES = 2 ** 20;

/**
 * Lists the files in a tar archive by its headers: ustar (POSIX.1-1988), with the long names of pax (POSIX.1-2001) and
 * of GNU tar. The files themselves are passed over.
 * @throws {RefusalError} If it cannot be read, is packed, damaged or truncated; the message names it.
 */
export async function indexTar(path: string): Promise<TarIndex> {
  return withFileNamed(path, async () => {
    await using file = await open(path);
    const { size } = await file.stat();
    const reader = new PieceReader(file, path, size);
    const entries: TarEntry[] = [];
    let longName: string | undefined;
    let longSize: number | undefined;
    for (let at = 0; at < size; ) {
      const header = await reader.read(at, BLOCK);
      if (at === 0 && header[0] === 0x1f && header[1] === 0x8b) {
        throw new SyntaxRefusal(`${path}: must be a tar archive that is not packed; unpack it with gunzip`);
      }
      if (header.every((byte) => byte === 0)) break;
      assertChecksum(header, path, at);
      const declared = readNumber(header, 124, 12, path);
      const entrySize = longSize ?? declared;
      const start = at + BLOCK;
      if (start + entrySize > size) throw new SyntaxRefusal(`${path}: truncated tar archive`);
      const type = String.fromCharCode(header[156] ?? 0);
      if (type === "L" || type === "x") {
        if (entrySize > MAX_FIELDS_BYTES) throw new SyntaxRefusal(`${path}: damaged tar archive, at byte ${at}`);
        const fields = await reader.read(start, entrySize);
        if (type === "L") longName = readText(fields, 0, fields.length);
        else {
          const known = readPaxFields(fields, path);
          longName = known.get("path") ?? longName;
          const named = known.get("size");
          longSize = named === undefined ? undefined : Number(named);
        }
      } else {
        // A file, in the old format or the new one. Folders, links and fields for all are passed over.
        if (type === "0" || type === "\0") {
          entries.push({ name: longName ?? readName(header), start, size: entrySize });
        }
        longName = undefined;
        longSize = undefined;
      }
      at = start + Math.ceil(entrySize / BLOCK) * BLOCK;
    }
    return { entries, size };
  });
}

/** Reads a file in pieces, of which the latest is kept. */
class PieceReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #size: number;
  #piece = new Uint8Array(0);
  #start = 0;

  constructor(file: FileHandle, path: string, size: number) {
    this.#file = file;
    this.#path = path;
    this.#size = size;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    if (start < this.#start || start + length > this.#start + this.#piece.length) {
      const wanted = Math.min(Math.max(PIECE_BYTES, length), this.#size - start);
      if (wanted < length) throw new SyntaxRefusal(`${this.#path}: truncated tar archive`);
      const piece = new Uint8Array(wanted);
      const { bytesRead } = await this.#file.read(piece, 0, wanted, start);
      if (bytesRead < length) throw new SyntaxRefusal(`${this.#path}: truncated tar archive`);
      this.#piece = piece.subarray(0, bytesRead);
      this.#start = start;
    }
    return this.#piece.subarray(start - this.#start, start - this.#start + length);
  }
}

/** The sum of the header's bytes, its own field taken for spaces. */
function assertChecksum(header: Uint8Array, path: string, at: number): void {
  const wanted = readNumber(header, 148, 8, path);
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  if (sum === wanted) return;
  throw new SyntaxRefusal(at === 0 ? `${path}: no tar archive` : `${path}: damaged tar archive, at byte ${at}`);
}

/** Octal digits; or, where the first bit is set, a large number in base 256. */
function readNumber(header: Uint8Array, start: number, length: number, path: string): number {
  const first = header[start] ?? 0;
  if (first & 0x80) {
    let value = first & 0x7f;
    for (let i = start + 1; i < start + length; i++) value = value * 256 + (header[i] ?? 0);
    return value;
  }
  const text = readText(header, start, length).trim();
  const value = /^[0-7]*$/.test(text) ? Number.parseInt(text || "0", 8) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new SyntaxRefusal(`${path}: no tar archive, or a damaged one`);
}

function readName(header: Uint8Array): string {
  const name = readText(header, 0, 100);
  const prefix = readText(header, 257, 5) === "ustar" ? readText(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records "LENGTH KEY=VALUE\n". */
function readPaxFields(bytes: Uint8Array, path: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(readText(bytes, at, Math.max(0, space - at)));
    if (space < 0 || !Number.isInteger(length) || length < 1) {
      throw new SyntaxRefusal(`${path}: damaged tar archive (extended fields)`);
    }
    const [key = "", ...value] = readText(bytes, space + 1, at + length - space - 2).split("=");
    fields.set(key, value.join("="));
    at += length;
  }
  return fields;
}

/** Text up to the first 0. */
function readText(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
