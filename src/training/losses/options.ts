import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { callback, either, listOf, number, oneOf } from "../../core/options/value_rules.ts";
import type { ClassMask } from "./class_mask.ts";

const WEIGHT = number({ atLeast: 0 });
const classMask = optional(callback<ClassMask>(), "which classes compete. Default: all");

/** What `CrossEntropyLoss` takes. */
export const CROSS_ENTROPY_OPTIONS = {
  classWeights: optional(
    either(oneOf(["balanced"]), listOf(WEIGHT, 1)),
    "balanced: the rarer a class in what was trained on so far, the more its samples weigh; or one weight a class id",
  ),
  labelSmoothing: withDefault(number({ atLeast: 0, atMost: 1 }), 0, "ε: this share of each target goes to all classes"),
  classMask,
} satisfies OptionSchema;

/** What `BCEWithLogitsLoss` takes. */
export const BCE_OPTIONS = {
  posWeight: optional(
    either(WEIGHT, listOf(WEIGHT, 1)),
    "weight of the ones among the targets, the zeros have 1: one for all outputs, or one an output",
  ),
  classMask,
} satisfies OptionSchema;

/** What `MSELoss` takes: nothing. */
export const MSE_OPTIONS = {} satisfies OptionSchema;

/** What `HuberLoss` takes. */
export const HUBER_OPTIONS = {
  delta: withDefault(number({ above: 0 }), 1, "δ: the error from which on the loss grows in a straight line"),
} satisfies OptionSchema;

/** What `FocalLoss` takes. */
export const FOCAL_OPTIONS = {
  gamma: withDefault(WEIGHT, 2, "γ: how little samples count that are predicted well; 0 is plain cross-entropy"),
  alpha: optional(
    either(WEIGHT, listOf(WEIGHT, 1)),
    "softmax: one weight a class id. Sigmoid: the weight of ones, from 0 to 1, the zeros have the rest of 1; one for all outputs, or one an output",
  ),
  form: optional(
    oneOf(["softmax", "sigmoid"]),
    "one choice among the classes, or a question of its own for each output. Default: sigmoid for labels, else softmax",
  ),
  classMask,
} satisfies OptionSchema;

/** What competes, what classes weigh, and how sure the targets are. */
export type CrossEntropyOptions = OptionsOf<typeof CROSS_ENTROPY_OPTIONS>;

/** What competes, and what ones weigh. */
export type BCEWithLogitsOptions = OptionsOf<typeof BCE_OPTIONS>;

/** From which error on the loss grows in a straight line. */
export type HuberOptions = OptionsOf<typeof HUBER_OPTIONS>;

/** How much the loss keeps to what is predicted badly, and what classes weigh. */
export type FocalOptions = OptionsOf<typeof FOCAL_OPTIONS>;
