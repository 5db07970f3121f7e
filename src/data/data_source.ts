import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { anything, flag, listOf, objectLike, required, text, wholeNumber } from "../core/options/value_rules.ts";
import { assertFloatTargets, type FloatTargets } from "./float_targets.ts";
import type { StoredSource } from "./store/stored_source.ts";
import { AUGMENTATION_RULE, type Augmentation } from "./transforms/augmentation.ts";
import { assertAugmentationFits, assertTransformFits } from "./transforms/check_transform.ts";
import { assertImageTransformsFit } from "./transforms/images/check_image_transforms.ts";
import type { ImageTransforms } from "./transforms/images/image_transform.ts";
import type { Transform } from "./transforms/transform.ts";

/**
 * Samples in shared memory, or in files that are decoded to shared memory on demand, and what is done to them when they
 * are read. It crosses to Workers as it is, once; from then on a sample is a pair (source id, row). Nothing in it is
 * written after it was created.
 */
export interface DataSource {
  /** Unique in this process. */
  readonly id: number;
  /** For messages: "mnist train", say. */
  readonly name: string;
  /** [rows, …sampleShape], as it came in; [0] where `stored` has the samples, of their type. */
  readonly x: Uint8Array<SharedArrayBuffer> | Float32Array<SharedArrayBuffer>;
  readonly sampleShape: readonly number[];
  /** Samples that are decoded when they are drawn. Default: `x` has them all. */
  readonly stored?: StoredSource | undefined;
  /** Class ids [rows], or labels that a benchmark numbers. */
  readonly y: Int32Array<SharedArrayBuffer>;
  /** Targets that are numbers, in place of class ids: `y` is all 0 then, one class. Default: class ids. */
  readonly floatTargets?: FloatTargets | undefined;
  /** One task label for all rows, a whole number of at least 0. */
  readonly taskLabel: number;
  readonly transforms: readonly Transform[];
  /** The shape of images as they came in, where `imageTransforms` bring them to `sampleShape`. */
  readonly rawShape?: readonly number[] | undefined;
  /** Height and width of each image as it came in [rows, 2], where they differ: `rawShape` is [pixels, 1, channels]. */
  readonly imageSizes?: Int32Array<SharedArrayBuffer> | undefined;
  /** What is done to images of bytes before the transforms, in training iterations and at other times. */
  readonly imageTransforms?: ImageTransforms | undefined;
  /** What training iterations do to images before the transforms. Default: nothing. */
  readonly augmentation?: Augmentation | undefined;
  /** As which row each row is augmented [rows]. Default: as itself. */
  readonly rowNumbers?: Int32Array | undefined;
  /** True where x is written over, unlike that of others: nothing may be kept that was computed from it. */
  readonly isScratch?: boolean | undefined;
}

const DATA_SOURCE_RULES: OptionRules<Partial<Pick<DataSource, "id">> & Omit<DataSource, "id">> = {
  id: anything(),
  name: required(text()),
  x: required(objectLike("a Uint8Array or Float32Array", "buffer")),
  sampleShape: required(listOf(wholeNumber())),
  rawShape: listOf(wholeNumber(1)),
  imageSizes: objectLike("an Int32Array", "buffer"),
  imageTransforms: objectLike("{ train, evaluation }", "train", "evaluation"),
  stored: objectLike("samples that are decoded on demand", "samples", "places"),
  y: required(objectLike("an Int32Array", "buffer")),
  floatTargets: objectLike('float targets such as { kind: "values", data, width: 1 }', "kind", "data", "width"),
  taskLabel: required(anything()),
  transforms: required(listOf(anything())),
  augmentation: AUGMENTATION_RULE,
  rowNumbers: objectLike("an Int32Array", "buffer"),
  isScratch: flag(),
};

let nextId = 0;

/**
 * Gives a source its id and checks that its parts fit. The arrays are kept, not copied.
 * @throws {RangeError} If x does not hold one sample a label, float targets are not one row a sample, the task label is
 * no whole number of at least 0, or a transform or augmentation does not fit the sample's shape.
 */
export function createDataSource(parts: Omit<DataSource, "id">): DataSource {
  assertOptions("createDataSource", parts, DATA_SOURCE_RULES);
  const sampleSize = countElements(parts.rawShape ?? parts.sampleShape);
  if (parts.stored) assertPlaces(parts.name, parts.stored, { ...parts, sampleSize });
  else if (parts.x.length !== sampleSize * parts.y.length) {
    const wanted = `${parts.y.length} samples of ${sampleSize} values (one a label)`;
    throw new RangeRefusal(needs(`data source ${parts.name}`, wanted, parts.x.length));
  }
  const { taskLabel, rowNumbers, floatTargets } = parts;
  if (floatTargets) assertFloatTargets(parts.name, floatTargets, parts.y.length);
  if (rowNumbers && rowNumbers.length !== parts.y.length) {
    throw new RangeRefusal(needs(`data source ${parts.name}`, `${parts.y.length} row numbers`, rowNumbers.length));
  }
  if (!Number.isInteger(taskLabel) || taskLabel < 0 || taskLabel > 0x7fffffff) {
    throw new RangeRefusal(`${parts.name}: the task label must be a whole number from 0 to 2^31 - 1, got ${taskLabel}`);
  }
  for (const transform of parts.transforms) assertTransformFits(transform, parts.sampleShape);
  if (parts.imageTransforms) assertImageTransformsFit(parts.name, parts.imageTransforms, parts);
  if (parts.augmentation) assertAugmentationFits(parts.augmentation, parts.sampleShape);
  nextId += 1;
  // The id comes last: parts spread from another source bring that one's id along.
  return { ...parts, id: nextId };
}

function assertPlaces(
  name: string,
  { samples, places }: StoredSource,
  { x, y, sampleSize }: Pick<DataSource, "x" | "y"> & { readonly sampleSize: number },
): void {
  const rowBytes = sampleSize * x.BYTES_PER_ELEMENT;
  if (places.length !== y.length || x.length !== 0 || samples.rowBytes !== rowBytes) {
    const wanted = `a place for each of ${y.length} samples of ${rowBytes} bytes, and no other values`;
    throw new RangeRefusal(needs(`data source ${name}`, wanted, [places.length, samples.rowBytes, x.length]));
  }
}
