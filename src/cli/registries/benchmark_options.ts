import { optional, withDefault } from "../../core/options/option_schema.ts";
import { either, flag, listOf, number, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import { IMAGE_LAYOUTS } from "../../data/images/image_layout.ts";
import { DEALT_SCENARIOS } from "../../streams/benchmarks/deal_datasets.ts";
import { VALIDATION_SPLITS } from "../../streams/split_experience.ts";

/** More experiences of a whole data set than this are a mistake. */
const MAX_EXPERIENCES = 10_000;

/** Options that every benchmark has. */
const streams = {
  seed: optional(wholeNumber(0), "seeds class order, permutations and splits; the run's seed if left out"),
  taskLabels: withDefault(flag(), false, "gives every experience a task label of its own"),
  experienceSize: optional(wholeNumber(1), "cuts experiences into ones of so many samples (data-incremental)"),
  validationSize: withDefault(
    number({ atLeast: 0, below: 1 }),
    0,
    "share of each experience kept for the stream valid",
  ),
  validationSplit: withDefault(oneOf(VALIDATION_SPLITS), "class-balanced", "how that share is drawn"),
  examplesPerExperience: optional(
    wholeNumber(1),
    "keeps that many random samples of each experience, validation included",
  ),
  onlineExperienceSize: optional(wholeNumber(1), "trains on small experiences of so many samples, in order"),
  onlineDropLast: withDefault(flag(), false, "leaves out what an experience has left over for a smaller last one"),
  decayBeta: optional(
    number({ atLeast: 1 }),
    "small experiences pass from one experience to the next over 2/decayBeta of their length",
  ),
};

const balanced = withDefault(flag(), false, "where samples are dealt: the same share of each class to all");

const cropPadding = withDefault(
  wholeNumber(),
  4,
  "zeros around an image; crop cuts an image of the original size out of them",
);

type Augmenting = "crop" | "flip" | "none";

function augment(value: readonly Augmenting[]) {
  return withDefault(
    listOf(oneOf(["crop", "flip", "none"])),
    value,
    "changes train images at random: crop, flip, both or none",
  );
}

/** Options that every benchmark on a data set of images has. */
const common = {
  ...streams,
  augment: augment(["none"]),
  cropPadding,
  normalize: withDefault(flag(), true, "subtracts the data set's mean and divides by its deviation"),
};

/** Of permuted-mnist. */
export const permuted = {
  experiences: withDefault(wholeNumber(1, MAX_EXPERIENCES), 10, "how many permutations of the pixels there are"),
  ...common,
};

/** Of rotated-mnist. */
export const rotated = {
  experiences: optional(wholeNumber(1, MAX_EXPERIENCES), "how many angles there are; 10, or as many as rotations"),
  rotations: optional(
    listOf(wholeNumber(-180, 180)),
    "degrees counter-clockwise, one an experience; random if left out",
  ),
  ...common,
};

/** Of directory. */
export const directory = {
  path: optional(
    text(),
    "folder with train and test, in them a folder an experience or a class; or with such folders; or give --data",
  ),
  testSize: optional(number({ above: 0, below: 1 }), "share of each class kept for testing; 0.2 where no test part is"),
  labelColumn: withDefault(text(), "label", "the column of CSV files that holds the class"),
  dropColumns: optional(listOf(text()), "columns of CSV files that are left out"),
  delimiter: optional(text(), "what stands between cells of CSV files, or tab; found in their first row if left out"),
  encoding: optional(text(), "of CSV files: latin1, utf-16le …; utf-8 if left out"),
  imageSize: optional(listOf(wholeNumber(1), 1), "height and width that images are brought to, one number for both"),
  layout: optional(
    oneOf(IMAGE_LAYOUTS),
    "where arrays of images have their channels; needed where their shape does not tell",
  ),
  scenario: optional(
    oneOf(["folders", ...DEALT_SCENARIOS]),
    "an experience a folder, or all samples dealt, by class or by sample; what the folders are if left out",
  ),
  experiences: optional(wholeNumber(1), "how many experiences are dealt to; at most 5 if left out"),
  classOrder: optional(listOf(either(number(), text())), "where classes are dealt: every label once, in that order"),
  balanced,
  mean: optional(listOf(number()), "subtracted from every value, bytes being divided by 255 before"),
  std: optional(listOf(number({ above: 0 })), "what the result is divided by"),
  ...streams,
  augment: augment(["none"]),
  cropPadding,
};

/** What differs between the benchmarks that deal a data set's classes. */
interface SplitDefaults {
  readonly numClasses: number;
  readonly experiences: number;
  readonly augment: readonly Augmenting[];
}

/**
 * Of the benchmarks that deal a data set's classes; `augment` is what training does to images unless somebody says
 * otherwise.
 */
export function createSplitOptions(defaults: SplitDefaults) {
  const { numClasses, experiences } = defaults;
  const order = listOf(wholeNumber(0, numClasses - 1));
  return {
    experiences: withDefault(
      wholeNumber(1),
      experiences,
      `how many experiences the ${numClasses} classes, or the samples, are dealt to`,
    ),
    classOrder: optional(order, "every class once, in the order in which they come"),
    scenario: withDefault(oneOf(DEALT_SCENARIOS), "class-incremental", "deals classes or samples"),
    balanced,
    ...common,
    augment: augment(defaults.augment),
  };
}
