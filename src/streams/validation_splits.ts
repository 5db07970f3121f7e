import { findNumberFault } from "../core/errors/errors.ts";
import { callback, either, number, oneOf, type ValueRule, wholeNumber } from "../core/options/value_rules.ts";
import type { Dataset } from "../data/dataset.ts";

/** How a share is drawn from an experience: the same of every class, of all samples, or its last samples. */
const VALIDATION_SPLITS = ["class-balanced", "random", "last"] as const;

/** The two parts of an experience. */
export interface ValidationHalves {
  readonly train: Dataset;
  readonly valid: Dataset;
}

/**
 * How samples for validation are chosen from an experience: the same share of every class, any samples, the last ones,
 * or as a function of one's own says.
 */
export type ValidationSplit = (typeof VALIDATION_SPLITS)[number] | ((dataset: Dataset) => ValidationHalves);

/** The rule of an option that is one of them. */
export const VALIDATION_SPLIT_RULE: ValueRule<ValidationSplit> = either(
  oneOf(VALIDATION_SPLITS),
  callback<(dataset: Dataset) => ValidationHalves>(),
);

/** The rule of how much is kept: a share below 1, or from 1 on a whole number of samples. */
export const VALIDATION_SIZE_RULE: ValueRule<number> = {
  shape: either(number({ atLeast: 0, below: 1 }), wholeNumber(1)).shape,
  findFault: (got) => {
    const isCount = typeof got === "number" && Number.isInteger(got) && got >= 1;
    if (isCount || findNumberFault(got, { atLeast: 0, below: 1 }) === undefined) return undefined;
    const wanted = "a share of at least 0 and below 1, or a whole number of samples";
    return { place: "", wanted, got, isOfKind: typeof got === "number" };
  },
};
