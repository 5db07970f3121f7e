import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { either, flag, listOf, nothing, number, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import { AUGMENTATION_RULE } from "../../data/transforms/augmentation.ts";
import { STREAM_OPTIONS } from "../stream_options.ts";
import { CLASSES_PER_EXPERIENCE } from "./class_counts.ts";
import { CLASS_ID_OPTIONS, LEAVE_OUT_CLASSES } from "./class_ids.ts";

/** What may be dealt to experiences, the default first. */
export const DEALT_SCENARIOS = ["class-incremental", "new-instances"] as const;

/** Classes, or samples of all classes. */
export type DealtScenario = (typeof DEALT_SCENARIOS)[number];

/** Where samples are dealt. */
export const BALANCED = withDefault(
  flag(),
  false,
  "gives every experience the same share of each class; requires scenario=new-instances",
);

/** What each experience gets of each class at least, where samples are dealt. */
export const MIN_CLASS_PATTERNS = withDefault(
  wholeNumber(),
  0,
  "samples of each class that every experience gets at least; requires scenario=new-instances",
);

/** Task labels of experiences. */
export const TASK_LABELS = withDefault(flag(), false, "gives every experience a task label of its own");

/** Which classes, or samples, each experience holds, in code. */
const FIXED_ASSIGNMENT = optional(
  listOf(listOf(number()), 1),
  "labels of each experience; with scenario=new-instances the places of its train samples",
);

/** What training does to images, in code. */
export const AUGMENTATION = optional(
  either(AUGMENTATION_RULE, nothing()),
  "random changes of train images; null for none. Default: that of the benchmark",
);

/** What all benchmarks on a data set of images take. */
export const IMAGE_OPTIONS = {
  experiences: optional(wholeNumber(1), "number of experiences. Default: that of the benchmark"),
  taskLabels: TASK_LABELS,
  normalize: withDefault(flag(), true, "subtracts the data set's mean and divides by its deviation; else only by 255"),
  augmentation: AUGMENTATION,
  folder: optional(text(), "folder with the data set's files. Default: the installed package, where there is one"),
  ...STREAM_OPTIONS,
} satisfies OptionSchema;

/** What the benchmarks that deal the classes, or the samples, of a data set of images take. */
export const SPLIT_IMAGE_OPTIONS = {
  classOrder: optional(listOf(number()), "every class once, in the order in which they come. Default: random"),
  shuffle: withDefault(flag(), true, "false: without a class order, classes come in the order 0, 1, 2 …"),
  classesPerExperience: CLASSES_PER_EXPERIENCE,
  fixedExperienceAssignment: FIXED_ASSIGNMENT,
  leaveOutClasses: LEAVE_OUT_CLASSES,
  ...CLASS_ID_OPTIONS,
  scenario: withDefault(oneOf(DEALT_SCENARIOS), "class-incremental", "deals classes, or the samples of all classes"),
  balanced: BALANCED,
  minClassPatternsInExperience: MIN_CLASS_PATTERNS,
  ...IMAGE_OPTIONS,
} satisfies OptionSchema;

/** What `rotatedMNIST` takes. */
export const ROTATED_MNIST_OPTIONS = {
  rotations: optional(
    listOf(wholeNumber(-180, 180), 1),
    "whole degrees counter-clockwise, one per experience. Default: random",
  ),
  ...IMAGE_OPTIONS,
} satisfies OptionSchema;

/** What all benchmarks on a data set of images take. */
export type ImageOptions = OptionsOf<typeof IMAGE_OPTIONS>;

/** What the benchmarks that deal the classes, or the samples, of a data set of images take. */
export type SplitImageOptions = OptionsOf<typeof SPLIT_IMAGE_OPTIONS>;

/** What `rotatedMNIST` takes. */
export type RotatedMNISTOptions = OptionsOf<typeof ROTATED_MNIST_OPTIONS>;
