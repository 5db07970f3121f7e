import { type OptionSchema, type OptionsOf, withDefault } from "../core/options/option_schema.ts";
import { flag, number, required } from "../core/options/value_rules.ts";

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

/** What `SGD` takes. */
export const SGD_OPTIONS = {
  learningRate: required(LEARNING_RATE, "step length η"),
  momentum,
  dampening: withDefault(number({ atLeast: 0, atMost: 1 }), 0, "share of the gradient left out of the momentum"),
  weightDecay,
  nesterov: withDefault(flag(), false, "looks ahead along the momentum; requires momentum, excludes dampening"),
} satisfies OptionSchema;

/** What `Adam` takes; the defaults are PyTorch's. */
export const ADAM_OPTIONS = {
  learningRate: learningRate(0.001),
  beta1: withDefault(number({ atLeast: 0, below: 1 }), 0.9, "decay of the mean of gradients"),
  beta2: withDefault(number({ atLeast: 0, below: 1 }), 0.999, "decay of the mean of squared gradients"),
  epsilon: epsilon(1e-8),
  weightDecay,
} satisfies OptionSchema;

/** What `AdamW` takes; the defaults are PyTorch's. */
export const ADAMW_OPTIONS = {
  ...ADAM_OPTIONS,
  weightDecay: withDefault(
    number({ atLeast: 0 }),
    0.01,
    "shrinks each parameter by the learning rate times this share",
  ),
} satisfies OptionSchema;

/** What `RMSprop` takes; the defaults are PyTorch's. */
export const RMSPROP_OPTIONS = {
  learningRate: learningRate(0.01),
  alpha: withDefault(number({ atLeast: 0, atMost: 1 }), 0.99, "decay of the mean of squared gradients"),
  epsilon: epsilon(1e-8),
  weightDecay,
  momentum,
  centered: withDefault(flag(), false, "divides by the deviation, not by the root of the mean square"),
} satisfies OptionSchema;

/** What `Adagrad` takes; the defaults are PyTorch's. */
export const ADAGRAD_OPTIONS = {
  learningRate: learningRate(0.01),
  learningRateDecay: withDefault(
    number({ atLeast: 0 }),
    0,
    "the learning rate is divided by 1 + (steps before) · this",
  ),
  epsilon: epsilon(1e-10),
  weightDecay,
} satisfies OptionSchema;

/** What SGD takes. */
export type SGDOptions = OptionsOf<typeof SGD_OPTIONS>;

/** What Adam and AdamW take. */
export type AdamOptions = OptionsOf<typeof ADAM_OPTIONS>;

/** What RMSprop takes. */
export type RMSpropOptions = OptionsOf<typeof RMSPROP_OPTIONS>;

/** What Adagrad takes. */
export type AdagradOptions = OptionsOf<typeof ADAGRAD_OPTIONS>;
