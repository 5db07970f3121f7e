import { findOrCreate } from "../core/find_or_create.ts";
import { countElements } from "../core/host_tensor.ts";
import { createSharedFloat32, createSharedUint8 } from "../core/shared/shared_memory.ts";
import type { DataSource } from "./data_source.ts";
import { copyStoredRow, type StoredSource } from "./store/stored_source.ts";
import { createTransformStep } from "./transforms/apply_transform.ts";
import { createImageRowReader } from "./transforms/images/image_row_reader.ts";
import type { ImageTransforms } from "./transforms/images/image_transform.ts";
import { createLookup, type Lookup } from "./transforms/lookup.ts";

/** Writes one transformed sample to `out`, starting at `offset`. */
export type RowReader = (row: number, out: Float32Array, offset: number) => void;

const readers = new WeakMap<DataSource, RowReader>();

/** The reader of a source: made at the first call, then kept for as long as the source lives. */
export function getRowReader(source: DataSource): RowReader {
  return findOrCreate(readers, source, () => createRowReader(source));
}

/** Chooses the cheapest way that gives the transforms' result: a copy, a table lookup, or one step after another. */
export function createRowReader(source: DataSource): RowReader {
  const { x, transforms, stored } = source;
  if (source.imageTransforms) {
    const read = createImageReader(source, source.imageTransforms);
    return (row, out, offset) => read(row, out, offset);
  }
  if (stored) return createStoredReader(source, stored);
  const size = countElements(source.sampleShape);
  if (transforms.length === 0) return (row, out, offset) => out.set(x.subarray(row * size, (row + 1) * size), offset);
  if (x instanceof Uint8Array) {
    const lookup = createLookup(transforms);
    if (lookup) return createTableReader(x, size, lookup);
  }
  return createSteppedReader(source);
}

/** Reads rows through transforms of images, which come before all others. */
export function createImageReader(source: DataSource, imageTransforms: ImageTransforms) {
  const { stored, x, rawShape, sampleShape } = source;
  const raw = createRawRow({ x, sampleShape: rawShape ?? sampleShape });
  const size = raw.length;
  const image = createSharedUint8(countElements(sampleShape));
  const plain = { ...source, x: image, stored: undefined, imageTransforms: undefined, rawShape: undefined };
  const read = createRowReader(plain);
  return createImageRowReader(source, {
    imageTransforms,
    raw(row) {
      if (!stored) return x.subarray(row * size, (row + 1) * size);
      copyStoredRow(stored, row, raw);
      return raw;
    },
    write(values, out, offset) {
      image.set(values);
      read(0, out, offset);
    },
  });
}

/** Copies a row out of its store, then reads it as the only row of a source. */
function createStoredReader(source: DataSource, stored: StoredSource): RowReader {
  const raw = createRawRow(source);
  const read = createRowReader({ ...source, x: raw, stored: undefined });
  return (row, out, offset) => {
    copyStoredRow(stored, row, raw);
    read(0, out, offset);
  };
}

/** Room for the raw values of one row of a source, of their type. */
export function createRawRow({ x, sampleShape }: Pick<DataSource, "x" | "sampleShape">): DataSource["x"] {
  const size = countElements(sampleShape);
  return x instanceof Uint8Array ? createSharedUint8(size) : createSharedFloat32(size);
}

/** One pass: permute and look up. A table holds a channel's 256 results. */
function createTableReader(x: Uint8Array, size: number, { tables, channels, order }: Lookup): RowReader {
  if (channels === 1 && order) {
    return (row, out, offset) => {
      const start = row * size;
      for (let i = 0; i < size; i++) out[offset + i] = tables[x[start + (order[i] ?? 0)] ?? 0] ?? 0;
    };
  }
  if (channels === 1 && size % 4 === 0 && x.byteOffset % 4 === 0) return createWordReader(x, size, tables);
  if (channels === 1) {
    return (row, out, offset) => {
      const start = row * size;
      for (let i = 0; i < size; i++) out[offset + i] = tables[x[start + i] ?? 0] ?? 0;
    };
  }
  return (row, out, offset) => {
    const start = row * size;
    for (let i = 0, channel = 0; i < size; i++) {
      const value = x[start + (order ? (order[i] ?? 0) : i)] ?? 0;
      out[offset + i] = tables[channel * 256 + value] ?? 0;
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  };
}

/**
 * Four bytes a read: on samples that lie scattered in memory, in half the time of single bytes. Little-endian, as all
 * runtimes are.
 */
function createWordReader(x: Uint8Array, size: number, table: Float32Array): RowReader {
  const words = new Uint32Array(x.buffer, x.byteOffset, Math.floor(x.length / 4));
  return (row, out, offset) => {
    const start = (row * size) / 4;
    for (let i = 0; i < size; i += 4) {
      const word = words[start + (i >> 2)] ?? 0;
      const at = offset + i;
      out[at] = table[word & 255] ?? 0;
      out[at + 1] = table[(word >>> 8) & 255] ?? 0;
      out[at + 2] = table[(word >>> 16) & 255] ?? 0;
      out[at + 3] = table[word >>> 24] ?? 0;
    }
  };
}

/** The general path: each transform in turn, between two scratch rows. */
function createSteppedReader({ x, sampleShape, transforms }: DataSource): RowReader {
  const size = countElements(sampleShape);
  const steps = transforms.map((transform) => createTransformStep(transform, sampleShape));
  let values = new Float64Array(size);
  let spare = new Float64Array(size);
  return (row, out, offset) => {
    values.set(x.subarray(row * size, (row + 1) * size));
    for (const step of steps) {
      step(values, spare);
      [values, spare] = [spare, values];
    }
    out.set(values, offset);
  };
}
