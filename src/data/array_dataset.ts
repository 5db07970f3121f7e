import { RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { anything, listOf, objectLike, oneOf, required, text, wholeNumber } from "../core/options/value_rules.ts";
import { copyToSharedInt32, createSharedFloat32, createSharedUint8 } from "../core/shared_memory.ts";
import { createDataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";
import { IMAGE_LAYOUTS, type ImageLayout, putChannelsLast } from "./images/image_layout.ts";
import { AUGMENTATION_RULE, type Augmentation } from "./transforms/augmentation.ts";
import type { Transform } from "./transforms/transform.ts";

/** Samples in arrays of one's own. */
export interface ArrayDatasetOptions {
  /** Every data set of a benchmark has a name of its own. */
  readonly name: string;
  /** [N, …sampleShape], finite; copied to shared memory. */
  readonly x: Uint8Array | Float32Array;
  /** Labels [N], whole numbers of int32; copied. What class ids they become, the benchmark says. */
  readonly y: ArrayLike<number>;
  /** [features], [height, width] or [height, width, channels]; or [channels, height, width], which is turned round. */
  readonly sampleShape: readonly number[];
  /** Where images of three axes have their channels; left out, `sampleShape` must tell. */
  readonly layout?: ImageLayout | undefined;
  /** Default: 0. */
  readonly taskLabel?: number | undefined;
  /** What is done to samples when they are read. Default: nothing. */
  readonly transforms?: readonly Transform[] | undefined;
  /** What training does to images at random. Default: nothing. */
  readonly augmentation?: Augmentation | undefined;
}

const ARRAY_DATASET_RULES: OptionRules<ArrayDatasetOptions> = {
  name: required(text()),
  x: required(objectLike("a Uint8Array or Float32Array", "buffer")),
  y: required(objectLike("an array of labels", "length")),
  sampleShape: required(listOf(wholeNumber(1))),
  layout: oneOf(IMAGE_LAYOUTS),
  taskLabel: anything(),
  transforms: listOf(anything()),
  augmentation: AUGMENTATION_RULE,
};

/**
 * A data set of samples in arrays. Images are kept with their channels last.
 * @throws {RangeError} If x does not hold one sample a label, a value is not finite, a label or the task label is no
 *   whole number, or a transform does not fit the sample's shape. {TypeError} If labels are BigInts.
 * @example const train = createArrayDataset({ name: "train", x: new Float32Array(20), y: [0, 1], sampleShape: [10] });
 */
export function createArrayDataset(options: ArrayDatasetOptions): Dataset {
  assertOptions("createArrayDataset", options, ARRAY_DATASET_RULES);
  const { name, y, layout, taskLabel = 0, transforms = [], augmentation } = options;
  const { x, sampleShape } = putChannelsLast(options, { layout, subject: name });
  const shared = x instanceof Uint8Array ? createSharedUint8(x.length) : createSharedFloat32(x.length);
  shared.set(x);
  if (shared instanceof Float32Array) assertFinite(name, shared, countElements(sampleShape));
  const labels = copyLabels(name, y);
  return Dataset.fromSource(
    createDataSource({ name, x: shared, y: labels, sampleShape, taskLabel, transforms, augmentation }),
  );
}

/** Labels of int32, which would take NaN for 0 and 1.7 for 1. */
function copyLabels(name: string, y: ArrayLike<number | bigint>): Int32Array<SharedArrayBuffer> {
  if (!areNumbers(y)) {
    throw new TypeRefusal(`${name}: labels must be numbers, got BigInts; convert them with Int32Array.from(y, Number)`);
  }
  const labels = copyToSharedInt32(y);
  const astray = labels.findIndex((label, i) => label !== y[i]);
  if (astray < 0) return labels;
  throw new RangeRefusal(`${name}, row ${astray}: the label must be a whole number of int32, got ${y[astray]}`);
}

function areNumbers(y: ArrayLike<number | bigint>): y is ArrayLike<number> {
  return typeof y[0] !== "bigint";
}

/** NaN in a sample would show much later, as a loss that is no number. */
function assertFinite(name: string, x: Float32Array, sampleSize: number): void {
  const astray = x.findIndex((value) => !Number.isFinite(value));
  if (astray < 0) return;
  const row = Math.floor(astray / sampleSize);
  throw new RangeRefusal(`${name}, row ${row}: values must be finite float32 numbers, got ${x[astray]}`);
}
