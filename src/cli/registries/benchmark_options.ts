import { type OptionSchema, optional, withDefault } from "../../core/options/option_schema.ts";
import { either, listOf, number, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import { CLASSES_PER_EXPERIENCE } from "../../streams/benchmarks/class_counts.ts";
import { DIRECTORY_OPTIONS } from "../../streams/benchmarks/directory/directory_options.ts";
import { IMAGE_OPTIONS, ROTATED_MNIST_OPTIONS, SPLIT_IMAGE_OPTIONS } from "../../streams/benchmarks/image_options.ts";

import { typeImageTransforms } from "../options/image_transform_text.ts";

/** More experiences of a whole data set than this are a mistake. */
const MAX_EXPERIENCES = 10_000;

type Augmenting = "crop" | "flip" | "none";

/** What training does to images, as it is typed. */
function augment(value: readonly Augmenting[]) {
  return {
    augment: withDefault(
      listOf(oneOf(["crop", "flip", "none"])),
      value,
      "changes train images at random: crop, flip, both or none",
    ),
    cropPadding: withDefault(
      wholeNumber(),
      4,
      "zeros around an image; crop cuts an image of the original size out of them",
    ),
  };
}

/** `classesPerExperience` as it is typed: a number for each experience, or "0:4" for some. */
const TYPED_COUNTS = optional(listOf(either(wholeNumber(1), text(1)), 1), CLASSES_PER_EXPERIENCE.help);

/** Options of a benchmark as they are typed: the seed is the run's, the folder is --data, augment is augmentation. */
function listTypeable<Schema extends OptionSchema>(schema: Schema, images: readonly Augmenting[] = ["none"]) {
  const {
    seed: _seed,
    folder: _folder,
    augmentation: _augmentation,
    shuffle: _shuffle,
    fixedExperienceAssignment: _fixed,
    ...typed
  } = schema;
  const seed = optional(wholeNumber(), "seeds class order, permutations and splits. Default: the run's seed");
  return { ...typed, ...augment(images), seed };
}

/** Of permuted-mnist. */
export const permuted = {
  ...listTypeable(IMAGE_OPTIONS),
  experiences: withDefault(wholeNumber(1, MAX_EXPERIENCES), 10, "number of permutations of the pixels"),
};

/** Of rotated-mnist. */
export const rotated = {
  ...listTypeable(ROTATED_MNIST_OPTIONS),
  experiences: optional(wholeNumber(1, MAX_EXPERIENCES), "number of angles. Default: 10, or as many as rotations"),
};

const {
  classNames: _classNames,
  addClasses: _addClasses,
  labelNames: _labelNames,
  experienceNames: _experienceNames,
  addExperiences: _addExperiences,
  testsAll: _testsAll,
  cacheBytes: _cacheBytes,
  ...ownFiles
} = listTypeable(DIRECTORY_OPTIONS);

/** Of directory. */
export const directory = {
  ...ownFiles,
  path: optional(DIRECTORY_OPTIONS.path, `${DIRECTORY_OPTIONS.path.help}. Default: --data`),
  transforms: typeImageTransforms("changes images when they are read, one after another"),
  evalTransforms: typeImageTransforms("the same at other times than in training. Default: the sizes without the draws"),
  imageSize: optional(listOf(wholeNumber(1), 1), "height and width that images are brought to, one number for both"),
  classesPerExperience: TYPED_COUNTS,
  std: optional(listOf(number({ above: 0 })), DIRECTORY_OPTIONS.std.help),
};

/** What differs between the benchmarks that deal a data set's classes. */
interface SplitDefaults {
  readonly numClasses: number;
  readonly experiences: number;
  readonly augment: readonly Augmenting[];
}

/** Of the benchmarks that deal a data set's classes. */
export function createSplitOptions({ numClasses, experiences, augment: images }: SplitDefaults) {
  const { classOrder, ...typed } = listTypeable(SPLIT_IMAGE_OPTIONS, images);
  return {
    ...typed,
    experiences: optional(
      wholeNumber(1),
      `number of experiences that the ${numClasses} classes, or the samples, are dealt to. Default: ${experiences}, or as many as classesPerExperience has`,
    ),
    classesPerExperience: TYPED_COUNTS,
    classOrder: optional(listOf(wholeNumber(0, numClasses - 1)), classOrder.help),
  };
}
