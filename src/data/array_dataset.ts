import { RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { anything, listOf, objectLike, oneOf, required, text, wholeNumber } from "../core/options/value_rules.ts";
import { createSharedFloat32, createSharedUint8 } from "../core/shared/shared_memory.ts";
import { type ArrayTargets, shareTargets } from "./array_targets.ts";
import { createDataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";
import { IMAGE_LAYOUTS, type ImageLayout, putChannelsLast } from "./images/image_layout.ts";
import { AUGMENTATION_RULE, type Augmentation } from "./transforms/augmentation.ts";
import { labelTasks } from "./transforms/label_tasks.ts";
import type { Transform } from "./transforms/transform.ts";

/** Samples in arrays of one's own. */
export interface ArrayDatasetOptions extends ArrayTargets {
  /** Every data set of a benchmark has a name of its own. */
  readonly name: string;
  /** [N, …sampleShape], finite; copied to shared memory. */
  readonly x: Uint8Array | Float32Array;
  /** [features], [height, width] or [height, width, channels]; or [channels, height, width], which is turned round. */
  readonly sampleShape: readonly number[];
  /** Where images of three axes have their channels; left out, `sampleShape` must tell. */
  readonly layout?: ImageLayout | undefined;
  /** Of all samples. Default: 0. */
  readonly taskLabel?: number | undefined;
  /** Of each sample [N], whole numbers of at least 0; in place of `taskLabel`. */
  readonly taskLabels?: ArrayLike<number> | undefined;
  /** What is done to samples when they are read. Default: nothing. */
  readonly transforms?: readonly Transform[] | undefined;
  /** What training does to images at random. Default: nothing. */
  readonly augmentation?: Augmentation | undefined;
}

const ARRAY_DATASET_RULES: OptionRules<ArrayDatasetOptions> = {
  name: required(text()),
  x: required(objectLike("a Uint8Array or Float32Array", "buffer")),
  y: objectLike("an array of labels", "length"),
  values: objectLike("an array of numbers or of rows of numbers", "length"),
  labels: objectLike("an array of rows of 0 and 1", "length"),
  targetNames: listOf(text()),
  sampleShape: required(listOf(wholeNumber(1))),
  layout: oneOf(IMAGE_LAYOUTS),
  taskLabel: anything(),
  taskLabels: objectLike("an array of task labels", "length"),
  transforms: listOf(anything()),
  augmentation: AUGMENTATION_RULE,
};

/**
 * A data set of samples in arrays. Images are kept with their channels last.
 * @throws {RangeError} If x does not hold one sample a target, a value is not finite, a label or the task label is no
 *   whole number, or a transform does not fit the sample's shape. {TypeError} If there are no targets, or two kinds,
 *   or task labels of both kinds.
 * @example const train = createArrayDataset({ name: "train", x: new Float32Array(20), y: [0, 1], sampleShape: [10] });
 * @example const prices = createArrayDataset({ name: "a", x: new Float32Array(4), values: [9, 12], sampleShape: [2] });
 */
export function createArrayDataset(options: ArrayDatasetOptions): Dataset {
  assertOptions("createArrayDataset", options, ARRAY_DATASET_RULES);
  const { name, layout, taskLabel, taskLabels, transforms = [], augmentation } = options;
  if (taskLabel !== undefined && taskLabels) throw new TypeRefusal(`${name}: taskLabels exclude taskLabel`);
  const { x, sampleShape } = putChannelsLast(options, { layout, subject: name });
  const shared = x instanceof Uint8Array ? createSharedUint8(x.length) : createSharedFloat32(x.length);
  shared.set(x);
  const sampleSize = countElements(sampleShape);
  if (shared instanceof Float32Array) assertFinite(name, shared, sampleSize);
  const targets = shareTargets(name, options, x.length / sampleSize);
  const parts = { name, x: shared, ...targets, sampleShape, taskLabel: taskLabel ?? 0, transforms, augmentation };
  const source = createDataSource(parts);
  return taskLabels ? labelTasks(source, taskLabels) : Dataset.fromSource(source);
}

/** NaN in a sample would show much later, as a loss that is no number. */
function assertFinite(name: string, x: Float32Array, sampleSize: number): void {
  const astray = x.findIndex((value) => !Number.isFinite(value));
  if (astray < 0) return;
  const row = Math.floor(astray / sampleSize);
  throw new RangeRefusal(`${name}, row ${row}: values must be finite float32 numbers, got ${x[astray]}`);
}
