import type { OptionsOf } from "../../core/options/option_schema.ts";
import { either, oneOf, required } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { perExperience } from "../shared/method_options.ts";

/** loss-scaling on the command line. */
export const lossScaling = describeMethod({
  name: "loss-scaling",
  forms: ["plugin"],
  summary: "multiplies the criterion, but not what other plugins add to it",
  options: {
    factor: required(
      either(perExperience({ atLeast: 0 }), oneOf(["inverse-experience"])),
      "factor of the criterion: one, one per experience, or 1, 1/2, 1/3 and so on",
    ),
  },
});

/** What `LossScaling` takes. */
export type LossScalingOptions = OptionsOf<typeof lossScaling.options>;
