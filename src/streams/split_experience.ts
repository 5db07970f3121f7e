import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { number, oneOf, required } from "../core/options/value_rules.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { RANDOM_STREAM_RULE } from "../core/random_stream.ts";
import type { Dataset } from "../data/dataset.ts";
import { groupPositions } from "../data/group_positions.ts";
import { VALIDATION_SPLITS, type ValidationSplit } from "./validation_splits.ts";

/** How much is kept for validation, and how it is drawn. */
export interface SplitOptions {
  /** In [0, 1); rounded to whole samples, of every class where the split is balanced. */
  readonly validationSize: number;
  readonly random: RandomStream;
  /** Default: "class-balanced". */
  readonly split?: ValidationSplit | undefined;
}

const SPLIT_RULES: OptionRules<SplitOptions> = {
  validationSize: required(number({ atLeast: 0, below: 1 })),
  random: required(RANDOM_STREAM_RULE),
  split: oneOf(VALIDATION_SPLITS),
};

/**
 * Draws the share `validationSize` of the samples for validation. Both halves keep the order of the data set.
 * @throws {RangeError} If an option is out of range. {TypeError} If one is of another kind.
 */
export function splitValidation(
  dataset: Dataset,
  options: SplitOptions,
): { readonly train: Dataset; readonly valid: Dataset } {
  assertOptions("splitValidation", options, SPLIT_RULES);
  const { validationSize, random, split = "class-balanced" } = options;
  const held = new Uint8Array(dataset.length);
  const order = Int32Array.from({ length: dataset.length }, (_, position) => position);
  const groups = split === "random" ? [order.slice()] : groupPositions(dataset.targets).values();
  for (const positions of groups) {
    const count = Math.round(positions.length * validationSize);
    for (const position of random.shuffle(positions).subarray(positions.length - count)) held[position] = 1;
  }
  return {
    train: dataset.subset(order.filter((position) => held[position] === 0)),
    valid: dataset.subset(order.filter((position) => held[position] === 1)),
  };
}

/**
 * Draws `count` samples at random; they keep the order of the data set.
 * @throws {RangeError} If there are fewer; the message starts with `act`.
 */
export function drawExamples(
  dataset: Dataset,
  { count, random, act }: { readonly count: number; readonly random: RandomStream; readonly act: string },
): Dataset {
  if (!Number.isInteger(count) || count < 1 || count > dataset.length) {
    throw new RangeRefusal(needs(act, `examplesPerExperience to be a whole number from 1 to ${dataset.length}`, count));
  }
  return dataset.subset(random.permutation(dataset.length).subarray(0, count).sort());
}
