import { cannot, describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors.ts";

/** What a safetensors file of this project may hold. */
export type TensorArray = Float64Array | Float32Array | Int32Array | Uint8Array;

/** The contents of a safetensors file. */
export interface SafetensorsFile {
  /** Texts by name; the first one stands first in the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Vectors by name. */
  readonly tensors: ReadonlyMap<string, TensorArray>;
}

/** Bytes before the header: its length, as a little-endian 64-bit number. */
export const LENGTH_BYTES = 8;

const ALIGNMENT = 8;
const METADATA = "__metadata__";

const DTYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

type DType = keyof typeof DTYPES;

/**
 * Writes vectors in the safetensors format: the header's length, the header in JSON, then the raw little-endian values.
 * Wider numbers come first, so that every vector lies at a multiple of its numbers' width.
 * @throws {RangeError} If a vector has the name that the format keeps for metadata.
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function encodeSafetensors({ metadata, tensors }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const parts = [`"${METADATA}":${JSON.stringify(metadata)}`];
  const ordered = [...tensors].sort(([, a], [, b]) => b.BYTES_PER_ELEMENT - a.BYTES_PER_ELEMENT);
  let dataBytes = 0;
  for (const [name, array] of ordered) {
    if (name === METADATA) throw new RangeRefusal(cannot("write safetensors", "another name for a vector", name));
    const offsets = [dataBytes, dataBytes + array.byteLength];
    dataBytes += array.byteLength;
    const entry = { dtype: dtypeOf(array), shape: [array.length], data_offsets: offsets };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const text = new TextEncoder().encode(`{${parts.join(",")}}`);
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(text, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const [, array] of ordered) {
    bytes.set(viewBytes(array), offset);
    offset += array.byteLength;
  }
  return bytes;
}

/**
 * Reads what `encodeSafetensors` writes, and any other file of these types whose tensors are vectors.
 * @returns Copies: the caller owns them.
 * @throws {SyntaxError} If the bytes are not such a file, with what is wrong.
 * @throws {TypeError} If the header is not UTF-8.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, data } = splitFile(bytes);
  const tensors = new Map<string, TensorArray>();
  let metadata: Readonly<Record<string, string>> = {};
  const ends: (readonly [start: number, end: number])[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) {
      metadata = readMetadata(entry);
      continue;
    }
    const { dtype, length, start, end } = readEntry(name, entry);
    const Class = DTYPES[dtype];
    if (end > data.length || end - start !== length * Class.BYTES_PER_ELEMENT) {
      throw malformed(`${length} values of ${dtype} for ${name} within ${data.length} bytes`, [start, end]);
    }
    // Copied into memory of its own, which is aligned.
    const array = new Class(length);
    viewBytes(array).set(data.subarray(start, end));
    tensors.set(name, array);
    ends.push([start, end]);
  }
  assertNoHoles(ends, data.length);
  return { metadata, tensors };
}

/** The bytes of a vector, in place. */
export function viewBytes(array: TensorArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function dtypeOf(array: TensorArray): DType {
  if (array instanceof Float64Array) return "F64";
  if (array instanceof Float32Array) return "F32";
  return array instanceof Int32Array ? "I32" : "U8";
}

function splitFile(bytes: Uint8Array): { header: object; data: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) throw malformed(`at least ${LENGTH_BYTES} bytes`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > bytes.length - LENGTH_BYTES) throw malformed(`a header of ${headerBytes} bytes`, bytes.length);
  const text = new TextDecoder("utf-8", { fatal: true }).decode(
    bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes),
  );
  const header: unknown = JSON.parse(text);
  if (!isRecord(header)) throw malformed("a header that is an object", header);
  return { header, data: bytes.subarray(LENGTH_BYTES + headerBytes) };
}

function readMetadata(entry: unknown): Readonly<Record<string, string>> {
  if (!isRecord(entry)) throw malformed("metadata that is an object", entry);
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => {
      if (typeof value !== "string") throw malformed(`a text as metadata ${key}`, value);
      return [key, value];
    }),
  );
}

function readEntry(name: string, entry: unknown): { dtype: DType; length: number; start: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  const found = Object.keys(DTYPES).find((known): known is DType => known === dtype);
  if (!found) throw malformed(`one of ${Object.keys(DTYPES).join(", ")} for ${name}`, dtype);
  const [length] = readNumbers(`the shape of the vector ${name}`, shape, 1);
  const [start, end] = readNumbers(`the two offsets of ${name}`, offsets, 2);
  return { dtype: found, length: length ?? 0, start: start ?? 0, end: end ?? 0 };
}

function readNumbers(what: string, value: unknown, count: number): number[] {
  const isGood =
    Array.isArray(value) && value.length === count && value.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (!isGood) throw malformed(what, value);
  return value;
}

function assertNoHoles(ranges: (readonly [start: number, end: number])[], dataBytes: number): void {
  let next = 0;
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== next) throw malformed(`vectors without holes between them, one from byte ${next}`, start);
    next = end;
  }
  if (next !== dataBytes) throw malformed(`${next} bytes of values`, dataBytes);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(wanted: string, got: unknown): SyntaxError {
  return new SyntaxRefusal(`Cannot read safetensors: wanted ${wanted}, got ${describeValue(got)}`);
}
