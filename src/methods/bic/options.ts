import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** bic on the command line. */
export const bic = describeMethod({
  name: "bic",
  summary: "distillation, and new classes' logits corrected on held-out samples",
  paper: "Wu et al. 2019, arXiv:1905.13260",
  options: {
    memSize: withDefault(wholeNumber(2), 2000, "samples kept in all, those for the correction included"),
    valPercentage: withDefault(number({ above: 0, below: 1 }), 0.1, "share of the memory that fits the correction"),
    temperature: withDefault(number({ above: 0 }), 2, "temperature T of the distillation"),
    lambda: optional(
      number({ atLeast: 0, atMost: 1 }),
      "weight of the distillation. Default: the share of old classes among all",
    ),
  },
});

/** What `BiC` takes. */
export type BiCOptions = OptionsOf<typeof bic.options>;
