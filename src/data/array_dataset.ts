import { cannot, RangeRefusal } from "../core/errors.ts";
import { copyToSharedInt32, createSharedFloat32, createSharedUint8 } from "../core/shared_memory.ts";
import type { Augmentation } from "./augmentation.ts";
import { createDataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";
import type { Transform } from "./transform.ts";

/** Samples in arrays of one's own. */
export interface ArrayDatasetOptions {
  /** Every data set of a benchmark has a name of its own. */
  readonly name: string;
  /** [N, …sampleShape]; copied to shared memory. */
  readonly x: Uint8Array | Float32Array;
  /** Class ids [N]; copied. */
  readonly y: ArrayLike<number>;
  /** [features] or [height, width, channels]. */
  readonly sampleShape: readonly number[];
  /** 0 unless given. */
  readonly taskLabel?: number | undefined;
  /** What is done to samples when they are read; nothing unless given. */
  readonly transforms?: readonly Transform[] | undefined;
  /** What training does to images at random; nothing unless given. */
  readonly augmentation?: Augmentation | undefined;
}

/**
 * A data set of samples in arrays.
 * @throws {RangeError} If x does not hold one sample a label, a label is no whole number, or a transform does not fit
 *   the sample's shape.
 * @example const train = createArrayDataset({ name: "train", x: new Float32Array(20), y: [0, 1], sampleShape: [10] });
 */
export function createArrayDataset(options: ArrayDatasetOptions): Dataset {
  const { name, x, y, sampleShape, taskLabel = 0, transforms = [], augmentation } = options;
  const shared = x instanceof Uint8Array ? createSharedUint8(x.length) : createSharedFloat32(x.length);
  shared.set(x);
  const labels = copyLabels(name, y);
  return Dataset.fromSource(
    createDataSource({ name, x: shared, y: labels, sampleShape, taskLabel, transforms, augmentation }),
  );
}

/** Labels of int32, which would take NaN for 0 and 1.7 for 1. */
function copyLabels(name: string, y: ArrayLike<number>): Int32Array<SharedArrayBuffer> {
  const labels = copyToSharedInt32(y);
  const astray = labels.findIndex((label, i) => label !== y[i]);
  if (astray < 0) return labels;
  throw new RangeRefusal(cannot(`create the data set ${name}`, `a whole number as label ${astray}`, y[astray]));
}
