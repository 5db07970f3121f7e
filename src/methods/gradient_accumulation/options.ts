import type { OptionsOf } from "../../core/options/option_schema.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** gradient-accumulation on the command line. */
export const gradientAccumulation = describeMethod({
  name: "gradient-accumulation",
  forms: ["plugin"],
  summary: "one optimizer step for several minibatches",
  options: {
    minibatches: required(wholeNumber(1), "minibatches that make one step of the optimizer"),
  },
});

/** What `GradientAccumulation` takes. */
export type GradientAccumulationOptions = OptionsOf<typeof gradientAccumulation.options>;
