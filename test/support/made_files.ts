import { crc32, deflateRawSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";

/** The bytes of a .npy file; `descr` is numpy's name of the type, "<f4" say. */
export function makeNpy(
  values: ArrayLike<number>,
  { shape = [values.length], descr = "<f4" }: { readonly shape?: readonly number[]; readonly descr?: string } = {},
): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const size = Number(descr.slice(2));
  const bytes = new Uint8Array(10 + header.length + values.length * size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  view.setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  const isLittle = descr[0] !== ">";
  for (let i = 0; i < values.length; i++) {
    const [at, value] = [10 + header.length + i * size, values[i] ?? 0];
    if (descr[1] === "f" && size === 4) view.setFloat32(at, value, isLittle);
    else if (descr[1] === "f") view.setFloat64(at, value, isLittle);
    else if (size === 8) view.setBigInt64(at, BigInt(value), isLittle);
    else if (size === 4) view.setInt32(at, value, isLittle);
    else if (size === 2) view.setInt16(at, value, isLittle);
    else view.setInt8(at, value);
  }
  return bytes;
}

/** The bytes of a zip archive with these files. */
export function makeZip(
  files: Readonly<Record<string, Uint8Array>>,
  { deflated = false }: { readonly deflated?: boolean } = {},
): Uint8Array {
  const [locals, directory]: [number[], number[]] = [[], []];
  for (const [name, data] of Object.entries(files)) {
    const packed = deflated ? deflateRawSync(data) : data;
    const nameBytes = [...new TextEncoder().encode(name)];
    const sums = [...words(crc32(data), 4), ...words(packed.length, 4), ...words(data.length, 4)];
    const common = [...words(20, 2), ...words(0x800, 2), ...words(deflated ? 8 : 0, 2), ...words(0, 4), ...sums];
    const lengths = [...words(nameBytes.length, 2), ...words(0, 2)];
    directory.push(...words(0x02014b50, 4), ...words(20, 2), ...common, ...lengths, ...words(0, 10));
    directory.push(...words(locals.length, 4), ...nameBytes);
    locals.push(...words(0x04034b50, 4), ...common, ...lengths, ...nameBytes, ...packed);
  }
  const count = words(Object.keys(files).length, 2);
  const end = [...words(0x06054b50, 4), ...words(0, 4), ...count, ...count];
  return Uint8Array.of(
    ...[...locals, ...directory, ...end, ...words(directory.length, 4), ...words(locals.length, 4), 0, 0],
  );
}

/** A .npz file with x of this shape and y. */
export function makeNpz(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { shape, descr = "|u1" }: { readonly shape: readonly number[]; readonly descr?: string },
): Uint8Array {
  const files = { "x.npy": makeNpy(x, { shape, descr }), "y.npy": makeNpy(y, { descr: "<i8" }) };
  return makeZip(files, { deflated: true });
}

/** A PNG image whose every value is `value`. */
export function makePng(
  value: number,
  { width = 4, height = 4, channels = 1 }: { width?: number; height?: number; channels?: number } = {},
): Uint8Array {
  return encodePng({ width, height, channels, data: new Uint8Array(width * height * channels).fill(value) });
}

/** A JPEG image whose every value is about `value`. */
export function makeJpeg(value: number, { width = 4, height = 4 } = {}): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(value);
  return new Uint8Array(encodeJpeg({ width, height, data }, 100).data);
}

function words(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
