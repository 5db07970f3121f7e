import { gunzipSync } from "node:zlib";
import { cannot, describeCause, SyntaxRefusal } from "../core/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { createSharedUint8 } from "../core/shared_memory.ts";
import { readBytes } from "./read_bytes.ts";

/** An array of bytes as an idx file holds it. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major, in shared memory. */
  readonly data: Uint8Array<SharedArrayBuffer>;
}

const UNSIGNED_BYTE = 0x08;

/**
 * Reads images [rows, height, width] from an idx3-ubyte file, gzipped or not (its first bytes tell).
 * Format: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
 * @throws {Error} If the file cannot be read. {SyntaxError} If it is truncated, too long or no such file.
 */
export function readIdxImages(path: string): Promise<IdxArray> {
  return readIdx(path, 3);
}

/**
 * Reads labels [rows] from an idx1-ubyte file, gzipped or not.
 * @throws {Error} If the file cannot be read. {SyntaxError} If it is truncated, too long or no such file.
 */
export function readIdxLabels(path: string): Promise<IdxArray> {
  return readIdx(path, 1);
}

/**
 * Reads an idx file of unsigned bytes with `rank` dimensions into shared memory.
 * @throws {Error} If the file cannot be read. {SyntaxError} If it is truncated, too long or no such file.
 */
export async function readIdx(path: string, rank: number): Promise<IdxArray> {
  const act = `read the idx file ${JSON.stringify(path)}`;
  const bytes = unpackIfGzipped(await readBytes(path, act), act);
  const shape = parseIdxHeader(bytes, rank, act);
  const headerSize = 4 + 4 * rank;
  const size = countElements(shape);
  if (bytes.length - headerSize !== size) {
    const wanted = `${size} bytes of data for the shape [${shape.join(", ")}]`;
    throw new SyntaxRefusal(cannot(act, wanted, bytes.length - headerSize));
  }
  const data = createSharedUint8(size);
  data.set(bytes.subarray(headerSize));
  return { shape, data };
}

function unpackIfGzipped(bytes: Uint8Array, act: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipSync(bytes);
  } catch (cause) {
    throw new SyntaxRefusal(cannot(act, "a whole gzip file", describeCause(cause)), { cause });
  }
  // zlib passes over zeros behind the last member; the size in the trailer gives them away.
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4);
  const size = trailer.getUint32(0, true);
  if (size !== unpacked.length) {
    throw new SyntaxRefusal(cannot(act, `a gzip file that ends with its size (${unpacked.length})`, size));
  }
  return unpacked;
}

/** The shape, after the magic number: two zeros, the type of the values, the rank. */
function parseIdxHeader(bytes: Uint8Array, rank: number, act: string): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerSize = 4 + 4 * rank;
  if (bytes.length < 4) throw new SyntaxRefusal(cannot(act, `a header of ${headerSize} bytes`, bytes.length));
  if (view.getUint16(0) !== 0 || view.getUint8(2) !== UNSIGNED_BYTE) {
    const got = `0x${view.getUint32(0).toString(16).padStart(8, "0")}`;
    throw new SyntaxRefusal(cannot(act, "the magic number of unsigned bytes, 0x000008 and the rank", got));
  }
  if (view.getUint8(3) !== rank) throw new SyntaxRefusal(cannot(act, `rank ${rank}`, view.getUint8(3)));
  if (bytes.length < headerSize) {
    throw new SyntaxRefusal(cannot(act, `a header of ${headerSize} bytes`, bytes.length));
  }
  return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
}
