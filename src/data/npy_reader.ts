import { cannot, SyntaxRefusal } from "../core/errors.ts";
import { countElements } from "../core/host_tensor.ts";

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

/**
 * Parses a .npy file: numpy's own format, versions 1 to 3, with whole numbers, floats of 16, 32 or 64 bits, or
 * booleans, in either byte order, row-major or column-major. Format: numpy.lib.format in numpy's documentation.
 * @param act What a refusal begins with: `read "x.npy"`, say.
 * @throws {SyntaxError} If it is truncated, too long, no such file, or holds another type (text, objects, records).
 */
export function parseNpy(bytes: Uint8Array, act: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new SyntaxRefusal(cannot(act, "a .npy file, which begins with \\x93NUMPY", formatStart(bytes)));
  }
  const lengthSize = view.getUint8(6) === 1 ? 2 : 4;
  const headerLength = lengthSize === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + lengthSize + headerLength;
  if (start > bytes.length) throw new SyntaxRefusal(cannot(act, `a header of ${start} bytes`, bytes.length));
  const { descr, isColumnMajor, shape } = parseHeader(bytes.subarray(8 + lengthSize, start), act);
  const { itemSize, read } = chooseReader(descr, act);
  const size = countElements(shape);
  if (bytes.length - start !== size * itemSize) {
    const wanted = `${size * itemSize} bytes of data for the shape [${shape.join(", ")}] of ${descr}`;
    throw new SyntaxRefusal(cannot(act, wanted, bytes.length - start));
  }
  const data = createValues(descr, size);
  if (data instanceof Uint8Array) data.set(bytes.subarray(start));
  else for (let i = 0; i < size; i++) data[i] = read(view, start + i * itemSize);
  return { shape, data: isColumnMajor && shape.length > 1 ? toRowMajor(data, shape) : data };
}

function createValues(descr: string, size: number): NpyArray["data"] {
  switch (descr.slice(1)) {
    case "u1":
      return new Uint8Array(size);
    case "f4":
      return new Float32Array(size);
    default:
      return new Float64Array(size);
  }
}

interface NpyHeader {
  readonly descr: string;
  readonly isColumnMajor: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dictionary literal with three keys. */
function parseHeader(bytes: Uint8Array, act: string): NpyHeader {
  const text = new TextDecoder("latin1").decode(bytes);
  const descr = /'descr':\s*(?:'([^']*)'|\[)/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (!descr || order === undefined || shape === undefined) {
    throw new SyntaxRefusal(cannot(act, "a header with descr, fortran_order and shape", text.trim()));
  }
  const lengths = shape.match(/\d+/g)?.map(Number) ?? [];
  return { descr: descr[1] ?? "a record", isColumnMajor: order === "True", shape: lengths };
}

interface ItemReader {
  readonly itemSize: number;
  readonly read: (view: DataView, offset: number) => number;
}

function chooseReader(descr: string, act: string): ItemReader {
  const isLittle = !descr.startsWith(">");
  const read = READERS[descr.slice(1)];
  if (read && /^[<>|=]/.test(descr)) {
    return { itemSize: Number(descr.slice(2)), read: (view, offset) => read(view, offset, isLittle) };
  }
  throw new SyntaxRefusal(cannot(act, "whole numbers, floats or booleans (save with astype first)", descr));
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
  const order = new Float64Array(data.length);
  const strides = shape.map((_, axis) => countElements(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let position = 0;
  for (let at = 0; at < order.length; at++) {
    order[at] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [next, stride] = [(index[axis] ?? 0) + 1, strides[axis] ?? 0];
      const isInside = next < (shape[axis] ?? 0);
      index[axis] = isInside ? next : 0;
      position += isInside ? stride : -stride * (next - 1);
      if (isInside) break;
    }
  }
  const read = (from: number) => data[from] ?? 0;
  if (data instanceof Uint8Array) return Uint8Array.from(order, read);
  return data instanceof Float32Array ? Float32Array.from(order, read) : order.map(read);
}

function formatStart(bytes: Uint8Array): string {
  return bytes.length === 0 ? "an empty file" : new TextDecoder("latin1").decode(bytes.subarray(0, 6));
}
