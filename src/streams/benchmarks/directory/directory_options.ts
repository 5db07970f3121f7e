import { type OptionSchema, type OptionsOf, optional } from "../../../core/options/option_schema.ts";
import {
  either,
  flag,
  listOf,
  number,
  objectLike,
  oneOf,
  required,
  text,
  wholeNumber,
} from "../../../core/options/value_rules.ts";
import { SAMPLE_FILE_OPTIONS } from "../../../data/readers/sample_file_options.ts";
import type { ImageTransform } from "../../../data/transforms/images/image_transform.ts";
import { STREAM_OPTIONS } from "../../stream_options.ts";
import { CLASSES_PER_EXPERIENCE } from "../class_counts.ts";
import { CLASS_ID_OPTIONS, LEAVE_OUT_CLASSES } from "../class_ids.ts";
import { AUGMENTATION, BALANCED, DEALT_SCENARIOS, MIN_CLASS_PATTERNS, TASK_LABELS } from "../image_options.ts";

/** What `directoryBenchmark` takes. */
export const DIRECTORY_OPTIONS = {
  path: required(
    text(),
    "folder with train and test, or with what is in them: a folder per experience, or samples (files, or a folder of images per class) that are dealt to experiences; or files: data/train-*.parquet",
  ),
  testPath: optional(text(1), "folder or files to test on, where path is samples to train on: data/test-*.parquet"),
  more: optional(listOf(text(), 1), "further folders arranged as path; their experiences come after those of path"),
  testSize: optional(
    number({ atLeast: 0, below: 1 }),
    "share of each class kept for testing. Default: 0.2 where there is no folder test; evaluate takes 0 for all samples",
  ),
  testsAll: optional(
    flag(),
    "true: all samples are in the train stream and in the test stream, for testing a model that was trained on others",
  ),
  mean: optional(
    listOf(number()),
    "subtracted from every value (bytes are divided by 255 before): one number, or one per channel",
  ),
  std: optional(listOf(number()), "what the result is divided by; as many as there are means"),
  normalize: optional(
    oneOf(["imagenet"]),
    "in place of mean and std: those of the images that networks were pretrained on",
  ),
  augmentation: AUGMENTATION,
  transforms: optional(
    listOf(objectLike<ImageTransform>("a transform of images"), 1),
    'changes images when they are read, one after another: { kind: "random-resized-crop", size: 224 } …',
  ),
  evalTransforms: optional(
    listOf(objectLike<ImageTransform>("a transform of images"), 1),
    "the same at other times than in training. Default: the sizes without the draws; random parts become the square in the middle",
  ),
  scenario: optional(
    oneOf(["folders", ...DEALT_SCENARIOS]),
    "an experience per folder, or the samples of all folders dealt anew. Default: folders; class-incremental where there are no folders of experiences",
  ),
  experiences: optional(
    wholeNumber(1),
    "number of experiences that are dealt to. Default: 5, or fewer where there are fewer classes, or as many as classesPerExperience has",
  ),
  classOrder: optional(
    listOf(either(number(), text())),
    "where classes are dealt: every label once, in the order in which they come. Default: random",
  ),
  classesPerExperience: CLASSES_PER_EXPERIENCE,
  fixedExperienceAssignment: optional(
    listOf(listOf(either(number(), text())), 1),
    "where classes are dealt: the labels of each experience; where samples are: their places",
  ),
  leaveOutClasses: LEAVE_OUT_CLASSES,
  ...CLASS_ID_OPTIONS,
  classNames: optional(listOf(text()), "label of each class id. Default: the labels that occur, in their order"),
  addClasses: optional(flag(), "gives labels that are not among classNames the ids that follow. Default: refuses them"),
  labelNames: optional(
    listOf(text(), 1),
    "where labelSeparator is given: the labels in the order of outputs. Default: those that occur, in natural order",
  ),
  experienceNames: optional(
    listOf(text()),
    "folders of experiences in their order; others are left out. Default: all, in natural order",
  ),
  addExperiences: optional(
    flag(),
    "adds folders that are not among experienceNames behind them. Default: leaves them out",
  ),
  balanced: BALANCED,
  minClassPatternsInExperience: MIN_CLASS_PATTERNS,
  taskLabels: TASK_LABELS,
  ...SAMPLE_FILE_OPTIONS,
  ...STREAM_OPTIONS,
} satisfies OptionSchema;

/** What `directoryBenchmark` takes. */
export type DirectoryOptions = OptionsOf<typeof DIRECTORY_OPTIONS>;
