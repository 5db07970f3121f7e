import { findOrCreate } from "../../core/find_or_create.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { DataSource } from "../data_source.ts";
import { createImageReader, createRawRow, createRowReader, getRowReader, type RowReader } from "../row_reader.ts";
import { parseImageSize } from "../sample_shape.ts";
import { copyStoredRow } from "../store/stored_source.ts";
import { type Augmentation, type AugmentationKey, augmentImage, drawAugmentation } from "./augmentation.ts";

type AugmentedReader = (row: number, key: AugmentationKey) => RowReader;

const imageReaders = new WeakMap<DataSource, ReturnType<typeof createImageReader>>();

const readers = new WeakMap<DataSource, AugmentedReader>();

/**
 * The reader of a source for a minibatch: with this key's augmentation where the source has one and the step is not 0,
 * else with its transforms alone. Images are changed as they came in, before every transform.
 */
export function getBatchReader(source: DataSource, key: AugmentationKey | undefined): RowReader {
  const { augmentation, imageTransforms } = source;
  if (imageTransforms && key !== undefined && key.step !== 0) {
    const read = findOrCreate(imageReaders, source, () => createImageReader(source, imageTransforms));
    return (row, out, offset) => read(row, out, offset, key);
  }
  if (!augmentation || key === undefined || key.step === 0) return getRowReader(source);
  const read = findOrCreate(readers, source, () => createAugmentedReader(source, augmentation));
  return (row, out, offset) => read(row, key)(0, out, offset);
}

/** Changes one image into a source of its own with a single row, which is then read as any other. */
function createAugmentedReader(source: DataSource, augmentation: Augmentation): AugmentedReader {
  const { sampleShape, rowNumbers, stored } = source;
  const size = countElements(sampleShape);
  const image = parseImageSize(sampleShape);
  const scratch = createRawRow(source);
  const read = createRowReader({ ...source, x: scratch, stored: undefined });
  const x = stored ? createRawRow(source) : source.x;
  return (row, key) => {
    const draw = drawAugmentation(augmentation, key, rowNumbers?.[row] ?? row);
    if (stored) copyStoredRow(stored, row, x);
    const start = stored ? 0 : row * size;
    if (x instanceof Uint8Array && scratch instanceof Uint8Array) {
      augmentImage<Uint8Array>(x.subarray(start, start + size), scratch, { ...image, ...draw });
    } else if (x instanceof Float32Array && scratch instanceof Float32Array) {
      augmentImage<Float32Array>(x.subarray(start, start + size), scratch, { ...image, ...draw });
    }
    return read;
  };
}
