import { type OptionSchema, type OptionsOf, withDefault } from "../core/options/option_schema.ts";
import { flag, number, required } from "../core/options/value_rules.ts";
import { groupsOption } from "./create_groups.ts";

const LEARNING_RATE = number({ atLeast: 0 });
const learningRate = (value: number) => withDefault(LEARNING_RATE, value, "step length η");
const momentum = withDefault(number({ atLeast: 0, atMost: 1 }), 0, "share of the last step's direction that is kept");
const epsilon = (value: number) =>
  withDefault(
    number({ atLeast: 0 }),
    value,
    "added to the root, against division by zero; below 8.7e-19 it counts as that",
  );
const weightDecay = withDefault(number({ atLeast: 0 }), 0, "adds this share of each parameter to its gradient");

/** What `SGD` takes for all parameters, or for a group of them. */
export const SGD_RULE = {
  learningRate: required(LEARNING_RATE, "step length η"),
  momentum,
  dampening: withDefault(number({ atLeast: 0, atMost: 1 }), 0, "share of the gradient left out of the momentum"),
  weightDecay,
  nesterov: withDefault(flag(), false, "looks ahead along the momentum; requires momentum, excludes dampening"),
} satisfies OptionSchema;

/** The same for `Adam`; the defaults are PyTorch's. */
export const ADAM_RULE = {
  learningRate: learningRate(0.001),
  beta1: withDefault(number({ atLeast: 0, below: 1 }), 0.9, "decay of the mean of gradients"),
  beta2: withDefault(number({ atLeast: 0, below: 1 }), 0.999, "decay of the mean of squared gradients"),
  epsilon: epsilon(1e-8),
  weightDecay,
} satisfies OptionSchema;

/** The same for `AdamW`; the defaults are PyTorch's. */
export const ADAMW_RULE = {
  ...ADAM_RULE,
  weightDecay: withDefault(
    number({ atLeast: 0 }),
    0.01,
    "shrinks each parameter by the learning rate times this share",
  ),
} satisfies OptionSchema;

/** The same for `RMSprop`; the defaults are PyTorch's. */
export const RMSPROP_RULE = {
  learningRate: learningRate(0.01),
  alpha: withDefault(number({ atLeast: 0, atMost: 1 }), 0.99, "decay of the mean of squared gradients"),
  epsilon: epsilon(1e-8),
  weightDecay,
  momentum,
  centered: withDefault(flag(), false, "divides by the deviation, not by the root of the mean square"),
} satisfies OptionSchema;

/** The same for `Adagrad`; the defaults are PyTorch's. */
export const ADAGRAD_RULE = {
  learningRate: learningRate(0.01),
  learningRateDecay: withDefault(
    number({ atLeast: 0 }),
    0,
    "the learning rate is divided by 1 + (steps before) · this",
  ),
  epsilon: epsilon(1e-10),
  weightDecay,
} satisfies OptionSchema;

/** What `SGD` takes. */
export const SGD_OPTIONS = { ...SGD_RULE, groups: groupsOption(SGD_RULE) } satisfies OptionSchema;

/** What `Adam` takes. */
export const ADAM_OPTIONS = { ...ADAM_RULE, groups: groupsOption(ADAM_RULE) } satisfies OptionSchema;

/** What `AdamW` takes. */
export const ADAMW_OPTIONS = { ...ADAMW_RULE, groups: groupsOption(ADAMW_RULE) } satisfies OptionSchema;

/** What `RMSprop` takes. */
export const RMSPROP_OPTIONS = { ...RMSPROP_RULE, groups: groupsOption(RMSPROP_RULE) } satisfies OptionSchema;

/** What `Adagrad` takes. */
export const ADAGRAD_OPTIONS = { ...ADAGRAD_RULE, groups: groupsOption(ADAGRAD_RULE) } satisfies OptionSchema;

/** What SGD takes. */
export type SGDOptions = OptionsOf<typeof SGD_OPTIONS>;

/** What Adam and AdamW take. */
export type AdamOptions = OptionsOf<typeof ADAM_OPTIONS>;

/** What RMSprop takes. */
export type RMSpropOptions = OptionsOf<typeof RMSPROP_OPTIONS>;

/** What Adagrad takes. */
export type AdagradOptions = OptionsOf<typeof ADAGRAD_OPTIONS>;
