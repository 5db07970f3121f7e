import { elementAt } from "../core/element_at.ts";
import { describeValue, needs, RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { required } from "../core/options/value_rules.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { RANDOM_STREAM_RULE } from "../core/random_stream.ts";
import { Dataset } from "../data/dataset.ts";
import { groupPositions } from "../data/group_positions.ts";
import {
  VALIDATION_SIZE_RULE,
  VALIDATION_SPLIT_RULE,
  type ValidationHalves,
  type ValidationSplit,
} from "./validation_splits.ts";

/** How much is kept for validation, and how it is drawn. */
export interface SplitOptions {
  /**
   * A share in [0, 1), rounded to whole samples, of every class where the split is balanced; or a number of samples,
   * from 1 on, of which every class gives its share.
   */
  readonly validationSize: number;
  readonly random: RandomStream;
  /** Default: "class-balanced". */
  readonly split?: ValidationSplit | undefined;
}

const SPLIT_RULES: OptionRules<SplitOptions> = {
  validationSize: required(VALIDATION_SIZE_RULE),
  random: required(RANDOM_STREAM_RULE),
  split: VALIDATION_SPLIT_RULE,
};

/**
 * Takes a share, or a number, of the samples for validation. Both halves keep the order of the data set.
 * @throws {RangeError} If an option is out of range, or there are not so many samples. {TypeError} If one is of another
 * kind, or a function of one's own does not return two data sets.
 */
export function splitValidation(dataset: Dataset, options: SplitOptions): ValidationHalves {
  assertOptions("splitValidation", options, SPLIT_RULES);
  const { validationSize, random, split = "class-balanced" } = options;
  if (typeof split === "function") return splitByFunction(dataset, split);
  if (validationSize >= 1 && validationSize > dataset.length) {
    const most = `at most the ${dataset.length} samples there are`;
    throw new RangeRefusal(`splitValidation: validationSize must be ${most}, got ${validationSize}`);
  }
  const held = new Uint8Array(dataset.length);
  const order = Int32Array.from({ length: dataset.length }, (_, position) => position);
  const groups = split === "class-balanced" ? [...groupPositions(dataset.targets).values()] : [order.slice()];
  const counts = countHeld(
    groups.map(({ length }) => length),
    validationSize,
  );
  for (const [i, positions] of groups.entries()) {
    const from = positions.length - elementAt(counts, i);
    const chosen = split === "last" ? positions : random.shuffle(positions);
    for (const position of chosen.subarray(from)) held[position] = 1;
  }
  return {
    train: dataset.subset(order.filter((position) => held[position] === 0)),
    valid: dataset.subset(order.filter((position) => held[position] === 1)),
  };
}

/**
 * How many samples of each group are kept: the rounded share of each; or of a whole number the share rounded down, and
 * one more where rounding lost most, until the number is full.
 */
function countHeld(lengths: readonly number[], size: number): number[] {
  if (size < 1) return lengths.map((length) => Math.round(length * size));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const counts = lengths.map((length) => Math.floor((length * size) / total));
  const missing = size - counts.reduce((sum, count) => sum + count, 0);
  // Whole numbers: size · length modulo total is what rounding lost, times total.
  const byLoss = lengths.map((length, i) => ({ i, loss: (length * size) % total })).sort((a, b) => b.loss - a.loss);
  for (const { i } of byLoss.slice(0, missing)) counts[i] = elementAt(counts, i) + 1;
  return counts;
}

function splitByFunction(dataset: Dataset, split: (dataset: Dataset) => ValidationHalves): ValidationHalves {
  const halves: unknown = split(dataset);
  if (areHalves(halves)) return halves;
  throw new TypeRefusal(
    `the function validationSplit must return { train, valid }, data sets, got ${describeValue(halves)}`,
  );
}

function areHalves(halves: unknown): halves is ValidationHalves {
  if (typeof halves !== "object" || halves === null || !("train" in halves) || !("valid" in halves)) return false;
  return halves.train instanceof Dataset && halves.valid instanceof Dataset;
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
