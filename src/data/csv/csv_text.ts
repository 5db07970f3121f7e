import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { describeCause, describeValue, RangeRefusal, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";

/** How many bytes are read at a time. */
const PIECE_BYTES = 2 ** 20;

/** The text of a file in pieces. */
export interface CsvTextOptions {
  /** A name that TextDecoder knows. */
  readonly encoding: string;
  /**
   * Is called before a piece that is not in that encoding is refused, with the piece's text up to there.
   * @returns What the message begins with: the file and the row.
   */
  readonly locate?: (validText: string) => string;
}

/**
 * The text of a file, piece by piece, without a byte-order mark; the whole is never in memory. A file that is packed
 * with gzip, whatever its name, is unpacked.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is not in its encoding, or packed and damaged.
 */
export async function* readCsvText(path: string, { encoding, locate }: CsvTextOptions): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  // One piece behind: to find the byte that is wrong, the piece is decoded again byte by byte.
  const behind = new TextDecoder(encoding, { fatal: true });
  let last: Uint8Array = new Uint8Array(0);
  for await (const piece of readPieces(path)) {
    behind.decode(last, { stream: true });
    last = piece;
    let text: string;
    try {
      text = decoder.decode(piece, { stream: true });
    } catch (cause) {
      const subject = locate?.(decodeValid(behind, piece)) ?? path;
      throw new SyntaxRefusal(describeEncoding(subject, encoding, piece), { cause });
    }
    if (text !== "") yield text;
  }
  try {
    yield decoder.decode();
  } catch (cause) {
    throw new SyntaxRefusal(describeEncoding(locate?.("") ?? path, encoding, last), { cause });
  }
}

/** @throws {RangeRefusal} If there is no encoding of this name. */
export function assertEncoding(encoding: string): void {
  try {
    new TextDecoder(encoding);
  } catch (cause) {
    const known = "utf-8, latin1, utf-16le, windows-1251, shift_jis or another that TextDecoder knows";
    throw new RangeRefusal(`encoding must be ${known}, got ${describeValue(encoding)}`, { cause });
  }
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    const isPacked = await startsLikeGzip(path);
    const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
    // What goes wrong with the file ends the iteration below, too.
    yield* isPacked ? pipeline(file, createGunzip({ chunkSize: PIECE_BYTES }), () => {}) : file;
  } catch (cause) {
    throw refuseFile(path, cause);
  }
}

async function startsLikeGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function refuseFile(path: string, cause: unknown): unknown {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  if (!code.startsWith("Z_")) return new RefusalError(`${path}: cannot be read: ${describeCause(cause)}`, { cause });
  return new SyntaxRefusal(`${path}: ${code === "Z_BUF_ERROR" ? "truncated" : "damaged"} gzip data`, { cause });
}

/** What a decoder makes of a piece up to the byte that it refuses. */
function decodeValid(decoder: TextDecoder, piece: Uint8Array): string {
  let text = "";
  try {
    for (let i = 0; i < piece.length; i++) text += decoder.decode(piece.subarray(i, i + 1), { stream: true });
  } catch {
    return text;
  }
  return text;
}

function describeEncoding(subject: string, encoding: string, piece: Uint8Array): string {
  const isUtf16 = (piece[0] === 0xff && piece[1] === 0xfe) || (piece[0] === 0xfe && piece[1] === 0xff);
  const other = isUtf16 ? (piece[0] === 0xff ? "utf-16le" : "utf-16be") : "latin1";
  return `${subject}: not ${encoding.toUpperCase()}; name its encoding with the option encoding (encoding=${other})`;
}
