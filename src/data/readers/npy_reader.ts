import { assertArrayBytes } from "../../core/array_limit.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";

/** An array as a .npy file holds it, row-major. */
export interface NpyArray {
  readonly shape: readonly number[];
  /**
   * Bytes stay bytes, float32 stays float32; all else becomes float64, which holds each float and whole numbers up to
   * 2^53.
   */
  readonly data: Uint8Array | Float32Array | Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Enough for the header of any array of numbers; numpy itself reads no more than 10,000. */
export const MAX_NPY_HEADER_BYTES = 65_536;

/** What a .npy file says of itself. */
export interface NpyHeader {
  /** numpy's name of the type: "<f4". */
  readonly descr: string;
  readonly isColumnMajor: boolean;
  readonly shape: readonly number[];
  /** Where the data begins. */
  readonly start: number;
  /** The size of header and data. */
  readonly fileBytes: number;
}

/**
 * Parses a .npy file: numpy's own format, versions 1 to 3, with whole numbers, floats of 16, 32 or 64 bits, or
 * booleans, in either byte order, row-major or column-major. Format: numpy.lib.format in numpy's documentation.
 * @param subject What messages begin with: the file.
 * @returns Bytes share memory with `bytes`.
 * @throws {SyntaxRefusal} If it is truncated, too long, no such file, or holds another type (text, objects, records).
 */
export function parseNpy(bytes: Uint8Array, subject: string): NpyArray {
  const { descr, isColumnMajor, shape, start, fileBytes } = parseNpyHeader(bytes, subject);
  if (bytes.length !== fileBytes) {
    const needs = `shape [${shape.join(", ")}] of ${descr} needs ${fileBytes - start} bytes of data`;
    throw new SyntaxRefusal(`${subject}: ${needs}, got ${bytes.length - start}`);
  }
  const { data } = parseNpyValues(bytes.subarray(start), { descr, shape, subject });
  return { shape, data: isColumnMajor && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/**
 * Parses values as they stand behind the header.
 * @returns Bytes share memory with `bytes`.
 */
export function parseNpyValues(
  bytes: Uint8Array,
  { descr, shape, subject }: Pick<NpyHeader, "descr" | "shape"> & { readonly subject: string },
): NpyArray {
  const { itemSize, read } = chooseReader(descr, subject);
  const data = createValues(descr, { bytes, length: countElements(shape), subject });
  if (!(data instanceof Uint8Array)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < data.length; i++) data[i] = read(view, i * itemSize);
  }
  return { shape, data };
}

/**
 * Parses the header of a .npy file.
 * @param bytes The file, or its first `MAX_NPY_HEADER_BYTES`.
 * @throws {SyntaxRefusal} If it is truncated, no such file, or names a type other than those of `parseNpy`.
 */
export function parseNpyHeader(bytes: Uint8Array, subject: string): NpyHeader {
  const described = parseNpyStart(bytes, subject);
  const { itemSize } = chooseReader(described.descr, subject);
  return { ...described, fileBytes: described.start + countElements(described.shape) * itemSize };
}

/**
 * The same whatever its values are.
 * @throws {SyntaxRefusal} If it is truncated or no such file.
 */
export function parseNpyStart(bytes: Uint8Array, subject: string): Omit<NpyHeader, "fileBytes"> {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const got = new TextDecoder("latin1").decode(bytes.subarray(0, 6));
    throw new SyntaxRefusal(`${subject}: .npy data must begin with \\x93NUMPY, got ${JSON.stringify(got)}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthSize = view.getUint8(6) === 1 ? 2 : 4;
  const isWhole = bytes.length >= 8 + lengthSize;
  const length = !isWhole ? 0 : lengthSize === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + lengthSize + length;
  if (start > MAX_NPY_HEADER_BYTES) {
    throw new SyntaxRefusal(
      `${subject}: the .npy header must have at most ${MAX_NPY_HEADER_BYTES} bytes, got ${start}`,
    );
  }
  if (!isWhole || start > bytes.length) throw new SyntaxRefusal(`${subject}: truncated .npy header`);
  return { ...parseDescription(bytes.subarray(8 + lengthSize, start), subject), start };
}

interface RawValues {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly subject: string;
}

/** Room for the values; bytes are there already. */
function createValues(descr: string, { bytes, length, subject }: RawValues): NpyArray["data"] {
  const type = descr.slice(1);
  if (type === "u1") return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
  const Values = type === "f4" ? Float32Array : Float64Array;
  assertArrayBytes(subject, length * Values.BYTES_PER_ELEMENT);
  return new Values(length);
}

/** The header is a Python dictionary literal with three keys. */
function parseDescription(bytes: Uint8Array, subject: string): Pick<NpyHeader, "descr" | "isColumnMajor" | "shape"> {
  const text = new TextDecoder("latin1").decode(bytes);
  const descr = /'descr':\s*(?:'([^']*)'|\[)/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (!descr || order === undefined || shape === undefined) {
    throw new SyntaxRefusal(`${subject}: the .npy header must have descr, fortran_order and shape`);
  }
  const lengths = shape.match(/\d+/g)?.map(Number) ?? [];
  return { descr: descr[1] ?? "a record", isColumnMajor: order === "True", shape: lengths };
}

interface ItemReader {
  readonly itemSize: number;
  readonly read: (view: DataView, offset: number) => number;
}

function chooseReader(descr: string, subject: string): ItemReader {
  const isLittle = !descr.startsWith(">");
  const type = descr.slice(1);
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read && /^[<>|=]/.test(descr)) {
    return { itemSize: Number(descr.slice(2)), read: (view, offset) => read(view, offset, isLittle) };
  }
  const got = JSON.stringify(descr.slice(0, 40));
  throw new SyntaxRefusal(`${subject}: values must be whole numbers, floats or booleans (use astype), got ${got}`);
}

const READERS: Readonly<Record<string, (view: DataView, offset: number, isLittle: boolean) => number>> = {
  b1: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
  u1: (view, offset) => view.getUint8(offset),
  i1: (view, offset) => view.getInt8(offset),
  u2: (view, offset, isLittle) => view.getUint16(offset, isLittle),
  i2: (view, offset, isLittle) => view.getInt16(offset, isLittle),
  u4: (view, offset, isLittle) => view.getUint32(offset, isLittle),
  i4: (view, offset, isLittle) => view.getInt32(offset, isLittle),
  u8: (view, offset, isLittle) => Number(view.getBigUint64(offset, isLittle)),
  i8: (view, offset, isLittle) => Number(view.getBigInt64(offset, isLittle)),
  f2: (view, offset, isLittle) => decodeHalf(view.getUint16(offset, isLittle)),
  f4: (view, offset, isLittle) => view.getFloat32(offset, isLittle),
  f8: (view, offset, isLittle) => view.getFloat64(offset, isLittle),
};

/** IEEE 754 binary16. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Puts the last axis first in memory. */
function toRowMajor(data: NpyArray["data"], shape: readonly number[]): NpyArray["data"] {
  const ordered = data.slice();
  const strides = shape.map((_, axis) => countElements(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let position = 0;
  for (let at = 0; at < ordered.length; at++) {
    ordered[at] = data[position] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [next, stride] = [(index[axis] ?? 0) + 1, strides[axis] ?? 0];
      const isInside = next < (shape[axis] ?? 0);
      index[axis] = isInside ? next : 0;
      position += isInside ? stride : -stride * (next - 1);
      if (isInside) break;
    }
  }
  return ordered;
}
