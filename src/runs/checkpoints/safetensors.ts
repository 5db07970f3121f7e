import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";

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
    if (name === METADATA) throw new RangeRefusal(`a vector must not be named ${METADATA}`);
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

/** The length of a file's header, which says what its tensors are and holds its metadata. */
export function readHeaderBytes(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
}

/**
 * Reads what `encodeSafetensors` writes, and any other file of these types whose tensors are vectors.
 * @returns Copies: the caller owns them. Together they take no more room than the file.
 * @throws {SyntaxRefusal} If the bytes are not such a file, with what is wrong.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, data } = splitFile(bytes);
  const { [METADATA]: metadata = {}, ...entries } = header;
  const vectors = Object.entries(entries).map(([name, entry]) => readEntry(name, entry));
  assertNoHoles(vectors, data.length);
  const tensors = new Map<string, TensorArray>();
  for (const { name, Class, length, start, end } of vectors) {
    // Copied into memory of its own, which is aligned.
    const array = new Class(length);
    viewBytes(array).set(data.subarray(start, end));
    tensors.set(name, array);
  }
  return { metadata: readMetadata(metadata), tensors };
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

function splitFile(bytes: Uint8Array): { header: Readonly<Record<string, unknown>>; data: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) throw malformed(`truncated: the file has ${bytes.length} bytes`);
  const headerBytes = readHeaderBytes(bytes);
  if (headerBytes > bytes.length - LENGTH_BYTES) {
    throw malformed(`truncated: the header has ${headerBytes} bytes, the file ${bytes.length}`);
  }
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes));
  if (!isRecord(header)) throw malformed(`the header must be an object, got ${describeValue(header)}`);
  return { header, data: bytes.subarray(LENGTH_BYTES + headerBytes) };
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed("the header is not JSON in UTF-8", cause);
  }
}

function readMetadata(entry: unknown): Readonly<Record<string, string>> {
  if (!isRecord(entry)) throw malformed(`${METADATA} must be an object, got ${describeValue(entry)}`);
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => {
      if (typeof value !== "string") throw malformed(`${METADATA}.${key} must be a text, got ${describeValue(value)}`);
      return [key, value];
    }),
  );
}

/** Where a vector lies: bytes [start, end) of the values. */
interface VectorPlace {
  readonly name: string;
  readonly Class: (typeof DTYPES)[DType];
  readonly length: number;
  readonly start: number;
  readonly end: number;
}

function readEntry(name: string, entry: unknown): VectorPlace {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  const found = Object.keys(DTYPES).find((known): known is DType => known === dtype);
  if (!found) throw malformed(`${name}: dtype must be one of ${Object.keys(DTYPES)}, got ${describeValue(dtype)}`);
  const Class = DTYPES[found];
  const length = elementAt(readNumbers(`${name}: shape must be one size`, shape, 1), 0);
  const range = readNumbers(`${name}: data_offsets must be two offsets`, offsets, 2);
  const [start, end] = [elementAt(range, 0), elementAt(range, 1)];
  if (end - start === length * Class.BYTES_PER_ELEMENT) return { name, Class, length, start, end };
  throw malformed(`${name}: ${length} values of ${found} take another room than bytes ${start} to ${end}`);
}

function readNumbers(wanted: string, value: unknown, count: number): number[] {
  const isGood =
    Array.isArray(value) && value.length === count && value.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (!isGood) throw malformed(`${wanted}, got ${describeValue(value)}`);
  return value;
}

/** Each byte of the values belongs to one vector: nothing is hidden, and no byte is read twice. */
function assertNoHoles(vectors: readonly VectorPlace[], dataBytes: number): void {
  let next = 0;
  for (const { name, start, end } of [...vectors].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== next) throw malformed(`${name} must begin at byte ${next} of the values, got ${start}`);
    next = end;
  }
  if (next !== dataBytes) throw malformed(`the vectors take ${next} bytes, the file has ${dataBytes}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(what: string, cause?: unknown): SyntaxError {
  return new SyntaxRefusal(`safetensors: ${what}`, cause === undefined ? undefined : { cause });
}
