import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { fillDefaults, type OptionSchema, type ResolvedOptions } from "../../core/options/option_schema.ts";
import { BCEWithLogitsLoss } from "./bce_with_logits_loss.ts";
import type { Criterion, CriterionFunction } from "./criterion.ts";
import { CrossEntropyLoss } from "./cross_entropy_loss.ts";
import { FocalLoss } from "./focal_loss.ts";
import { BCE_OPTIONS, CROSS_ENTROPY_OPTIONS, FOCAL_OPTIONS, HUBER_OPTIONS, MSE_OPTIONS } from "./options.ts";
import { HuberLoss, MSELoss } from "./regression_losses.ts";

/** A criterion of the library by its name on command lines and in files, with every option that it was made with. */
export interface CriterionChoice {
  readonly name: string;
  /** Plain data. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A criterion of the library, as lists show it. */
export interface NamedCriterion {
  readonly name: string;
  /** One clause, without a capital letter and a full stop. */
  readonly summary: string;
  /** Authors and year, and the arXiv id where there is one. */
  readonly paper?: string;
  readonly options: OptionSchema;
  /** @throws {RefusalError} If an option is of another kind or out of range. */
  create(options: Readonly<Record<string, unknown>>): Criterion;
  /** The options of one that was made so; undefined for others, subclasses too. */
  readOptions(criterion: object): Readonly<Record<string, unknown>> | undefined;
}

/** The criteria of the library, the default first. */
export const CRITERIA: readonly NamedCriterion[] = [
  describe(CrossEntropyLoss, {
    name: "cross-entropy",
    summary: "softmax cross-entropy of class ids, with weights of classes and smoothed labels",
    options: CROSS_ENTROPY_OPTIONS,
  }),
  describe(BCEWithLogitsLoss, {
    name: "bce",
    summary: "binary cross-entropy of each output's sigmoid, for several labels a sample, or class ids one-hot",
    options: BCE_OPTIONS,
  }),
  describe(MSELoss, {
    name: "mse",
    summary: "mean squared error, for values, or labels and class ids as zeros and ones",
    options: MSE_OPTIONS,
  }),
  describe(HuberLoss, {
    name: "huber",
    summary: "squared error that grows in a straight line where it is large, for the same targets as mse",
    paper: "Huber 1964",
    options: HUBER_OPTIONS,
  }),
  describe(FocalLoss, {
    name: "focal",
    summary: "cross-entropy that keeps to what is predicted badly, for class ids or several labels a sample",
    paper: "Lin et al. 2017, arXiv:1708.02002",
    options: FOCAL_OPTIONS,
  }),
];

/** What strategies minimise unless they are given something else. */
export const DEFAULT_CRITERION: CriterionChoice = {
  name: "cross-entropy",
  options: omitUndefined(fillDefaults({}, CROSS_ENTROPY_OPTIONS)),
};

/** The name of a criterion of the library with its options; undefined for others, and where options are functions. */
export function nameCriterion(criterion: Criterion | CriterionFunction): CriterionChoice | undefined {
  for (const { name, readOptions } of CRITERIA) {
    const found = readOptions(criterion);
    if (!found) continue;
    const options = omitUndefined(found);
    return Object.values(options).some((value) => typeof value === "function") ? undefined : { name, options };
  }
  return undefined;
}

/** @throws {RefusalError} If there is no criterion of that name, or an option is of another kind or out of range. */
export function createNamedCriterion({ name, options }: CriterionChoice): Criterion {
  const found = CRITERIA.find((criterion) => criterion.name === name);
  if (found) return found.create(options);
  const names = CRITERIA.map((criterion) => criterion.name);
  throw new RangeRefusal(describeUnknownName("criterion", name, names));
}

function describe<Schema extends OptionSchema>(
  Class: new (options: ResolvedOptions<Schema>) => Criterion & { readonly options: ResolvedOptions<Schema> },
  definition: Pick<NamedCriterion, "name" | "summary" | "paper"> & { readonly options: Schema },
): NamedCriterion {
  return {
    ...definition,
    // The class checks them.
    create: (options) => new Class(options as ResolvedOptions<Schema>),
    readOptions: (criterion) =>
      criterion instanceof Class && criterion.constructor === Class ? criterion.options : undefined,
  };
}
