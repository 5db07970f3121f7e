import { z } from "zod";
import { IMAGE_LAYOUTS } from "../../data/images/image_layout.ts";
import { DEALT_SCENARIOS } from "../../streams/benchmarks/deal_datasets.ts";
import { VALIDATION_SPLITS } from "../../streams/split_experience.ts";

/** More experiences of a whole data set than this are a mistake. */
const MAX_EXPERIENCES = 10_000;

/** Options that every benchmark has. */
const streams = {
  seed: z.int().min(0).optional().describe("seeds class order, permutations and splits; the run's seed if left out"),
  taskLabels: z.boolean().default(false).describe("gives every experience a task label of its own"),
  experienceSize: z
    .int()
    .min(1)
    .optional()
    .describe("cuts experiences into ones of so many samples (data-incremental)"),
  validationSize: z.number().min(0).lt(1).default(0).describe("share of each experience kept for the stream valid"),
  validationSplit: z.enum(VALIDATION_SPLITS).default("class-balanced").describe("how that share is drawn"),
  examplesPerExperience: z
    .int()
    .min(1)
    .optional()
    .describe("keeps that many random samples of each experience, validation included"),
  onlineExperienceSize: z.int().min(1).optional().describe("trains on small experiences of so many samples, in order"),
  onlineDropLast: z
    .boolean()
    .default(false)
    .describe("leaves out what an experience has left over for a smaller last one"),
  decayBeta: z
    .number()
    .min(1)
    .optional()
    .describe("small experiences pass from one experience to the next over 2/decayBeta of their length"),
};

const balanced = z.boolean().default(false).describe("where samples are dealt: the same share of each class to all");

/** What training does to images at random; `augment` is given its default by the benchmark. */
const augmenting = {
  augment: z
    .array(z.enum(["crop", "flip", "none"]))
    .describe("changes train images at random: crop, flip, both or none"),
  cropPadding: z
    .int()
    .min(0)
    .default(4)
    .describe("the zeros around an image that crop cuts one of the same size out of"),
};

/** Options that every benchmark on a data set of images has. */
const common = {
  ...streams,
  ...augmenting,
  augment: augmenting.augment.default(["none"]),
  normalize: z.boolean().default(true).describe("subtracts the data set's mean and divides by its deviation"),
};

/** Of permuted-mnist. */
export const permuted = z.strictObject({
  experiences: z
    .int()
    .min(1)
    .max(MAX_EXPERIENCES)
    .default(10)
    .describe("how many permutations of the pixels there are"),
  ...common,
});

/** Of rotated-mnist. */
export const rotated = z.strictObject({
  experiences: z
    .int()
    .min(1)
    .max(MAX_EXPERIENCES)
    .optional()
    .describe("how many angles there are; 10, or as many as rotations"),
  rotations: z
    .array(z.int().min(-180).max(180))
    .optional()
    .describe("degrees counter-clockwise, one an experience; random if left out"),
  ...common,
});

/** A label as somebody types it: numbers as config.json has always had them. */
function readLabel(label: number | string): number | string {
  return /^(0|[1-9]\d{0,8})$/.test(String(label)) ? Number(label) : label;
}

/** Of directory. */
export const directory = z.strictObject({
  path: z
    .string()
    .optional()
    .describe(
      "folder with train and test, in them a folder an experience or a class; or with such folders; or give --data",
    ),
  testSize: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("share of each class kept for testing; 0.2 where no test part is"),
  labelColumn: z.string().default("label").describe("the column of CSV files that holds the class"),
  dropColumns: z.array(z.string()).optional().describe("columns of CSV files that are left out"),
  delimiter: z
    .string()
    .optional()
    .describe("what stands between cells of CSV files, or tab; found in their first row if left out"),
  encoding: z.string().optional().describe("of CSV files: latin1, utf-16le …; utf-8 if left out"),
  imageSize: z
    .array(z.int().min(1))
    .min(1)
    .max(2)
    .optional()
    .describe("height and width that images are brought to, one number for both"),
  layout: z
    .enum(IMAGE_LAYOUTS)
    .optional()
    .describe("where arrays of images have their channels; needed where their shape does not tell"),
  scenario: z
    .enum(["folders", ...DEALT_SCENARIOS])
    .optional()
    .describe("an experience a folder, or all samples dealt, by class or by sample; what the folders are if left out"),
  experiences: z.int().min(1).optional().describe("how many experiences are dealt to; at most 5 if left out"),
  classOrder: z
    .array(z.union([z.number(), z.string()]).transform(readLabel))
    .optional()
    .describe("where classes are dealt: every label once, in that order"),
  balanced,
  mean: z.array(z.number()).optional().describe("subtracted from every value, bytes being divided by 255 before"),
  std: z.array(z.number().gt(0)).optional().describe("what the result is divided by"),
  ...streams,
  ...augmenting,
  augment: augmenting.augment.default(["none"]),
});

/** What differs between the benchmarks that deal a data set's classes. */
interface SplitDefaults {
  readonly numClasses: number;
  readonly experiences: number;
  readonly augment: ("crop" | "flip" | "none")[];
}

/**
 * Of the benchmarks that deal a data set's classes; `augment` is what training does to images unless somebody says
 * otherwise.
 */
export function createSplitOptions({ numClasses, experiences, augment }: SplitDefaults) {
  const order = z.array(
    z
      .int()
      .min(0)
      .max(numClasses - 1),
  );
  return z.strictObject({
    experiences: z
      .int()
      .min(1)
      .default(experiences)
      .describe(`how many experiences the ${numClasses} classes, or the samples, are dealt to`),
    classOrder: order.optional().describe("every class once, in the order in which they come"),
    scenario: z.enum(DEALT_SCENARIOS).default("class-incremental").describe("deals classes or samples"),
    balanced,
    ...common,
    augment: augmenting.augment.default(augment),
  });
}
