import { Buffer } from "node:buffer";
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

/** The bytes of a zip archive with these files; `zip64` puts all sizes and places into the 64-bit fields. */
export function makeZip(
  files: Readonly<Record<string, Uint8Array>>,
  { deflated = false, zip64 = false }: { readonly deflated?: boolean; readonly zip64?: boolean } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: number[] = [];
  let offset = 0;
  const add = (...part: number[] | [Uint8Array]) => {
    const bytes = part[0] instanceof Uint8Array ? part[0] : Uint8Array.from(part as number[]);
    parts.push(bytes);
    offset += bytes.length;
  };
  for (const [name, data] of Object.entries(files)) {
    const packed = deflated ? deflateRawSync(data) : data;
    const nameBytes = [...new TextEncoder().encode(name)];
    const short = (value: number) => words(zip64 ? 0xffffffff : value, 4);
    const sums = [...words(crc32(data), 4), ...short(packed.length), ...short(data.length)];
    const common = [...words(20, 2), ...words(0x800, 2), ...words(deflated ? 8 : 0, 2), ...words(0, 4), ...sums];
    const long = [data.length, packed.length, offset].flatMap((value) => words(value, 8));
    const extra = zip64 ? [...words(1, 2), ...words(long.length, 2), ...long] : [];
    directory.push(...words(0x02014b50, 4), ...words(20, 2), ...common, ...words(nameBytes.length, 2));
    directory.push(...words(extra.length, 2), ...words(0, 10), ...short(offset), ...nameBytes, ...extra);
    add(...words(0x04034b50, 4), ...common, ...words(nameBytes.length, 2), ...words(0, 2), ...nameBytes);
    add(packed);
  }
  const [count, start] = [Object.keys(files).length, offset];
  add(...directory);
  if (zip64) {
    const end = offset;
    add(
      ...words(0x06064b50, 4),
      ...words(44, 8),
      ...words(0, 12),
      ...[count, count, directory.length, start].flatMap((value) => words(value, 8)),
    );
    add(...words(0x07064b50, 4), ...words(0, 4), ...words(end, 8), ...words(1, 4));
  }
  const counts = words(zip64 ? 0xffff : count, 2);
  const place = zip64 ? words(0xffffffff, 4) : words(start, 4);
  add(...words(0x06054b50, 4), ...words(0, 4), ...counts, ...counts, ...words(directory.length, 4), ...place, 0, 0);
  return Uint8Array.from(Buffer.concat(parts));
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

/** A chunk of a PNG file. */
export function makePngChunk(type: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const named = Uint8Array.of(...new TextEncoder().encode(type), ...data);
  const [size, sum] = [data.length, crc32(named)].map((value) => words(value, 4).reverse());
  return Uint8Array.of(...(size ?? []), ...named, ...(sum ?? []));
}

/** A JPEG image whose every value is about `value`. */
export function makeJpeg(value: number, { width = 4, height = 4 } = {}): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(value);
  return new Uint8Array(encodeJpeg({ width, height, data }, 100).data);
}

function words(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
