import { inflateBounded, inflateStart, type PackedBytes } from "../../core/archives/bounded_inflate.ts";
import { assertArrayBytes } from "../../core/array_limit.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { createSharedUint8 } from "../../core/shared/shared_memory.ts";
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
 * Reads an idx file of unsigned bytes with `rank` dimensions into shared memory. A gzipped one is inflated no further
 * than its shape says.
 * @throws {Error} If the file cannot be read. {SyntaxError} If it is truncated, too long or no such file.
 */
export async function readIdx(path: string, rank: number): Promise<IdxArray> {
  const file = await readBytes(path);
  const headerSize = 4 + 4 * rank;
  const gzip: PackedBytes | undefined =
    file[0] === 0x1f && file[1] === 0x8b ? { packed: file, packing: "gzip", subject: path } : undefined;
  const shape = parseIdxHeader(gzip ? inflateStart(gzip, headerSize) : file, rank, path);
  const size = countElements(shape);
  assertArrayBytes(path, size);
  const bytes = gzip ? unpack(gzip, headerSize + size) : file;
  if (bytes.length - headerSize !== size) {
    const got = bytes.length - headerSize;
    throw new SyntaxRefusal(`${path}: shape [${shape.join(", ")}] needs ${size} bytes of data, got ${got}`);
  }
  const data = createSharedUint8(size);
  data.set(bytes.subarray(headerSize));
  return { shape, data };
}

function unpack(gzip: PackedBytes, maxBytes: number): Uint8Array {
  const { packed, subject } = gzip;
  const unpacked = inflateBounded(gzip, maxBytes);
  // zlib passes over zeros behind the last member; the size in the trailer gives them away.
  const size = new DataView(packed.buffer, packed.byteOffset + packed.length - 4, 4).getUint32(0, true);
  if (size === unpacked.length) return unpacked;
  throw new SyntaxRefusal(`${subject}: gzip data must end with its size ${unpacked.length}, got ${size}`);
}

/** The shape, after the magic number: two zeros, the type of the values, the rank. */
function parseIdxHeader(bytes: Uint8Array, rank: number, subject: string): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4) throw new SyntaxRefusal(`${subject}: truncated idx header`);
  if (view.getUint16(0) !== 0 || view.getUint8(2) !== UNSIGNED_BYTE) {
    const got = `0x${view.getUint32(0).toString(16).padStart(8, "0")}`;
    throw new SyntaxRefusal(`${subject}: must begin with 0x000008 as idx files of bytes do, got ${got}`);
  }
  if (view.getUint8(3) !== rank) throw new SyntaxRefusal(`${subject}: rank must be ${rank}, got ${view.getUint8(3)}`);
  if (bytes.length < 4 + 4 * rank) throw new SyntaxRefusal(`${subject}: truncated idx header`);
  return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
}
