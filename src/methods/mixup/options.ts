import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** mixup on the command line. */
export const mixup = describeMethod({
  name: "mixup",
  forms: ["plugin"],
  summary: "trains on weighted sums of two samples and of their targets",
  paper: "Zhang et al. 2018, arXiv:1710.09412",
  options: {
    alpha: withDefault(number({ above: 0 }), 0.2, "the weights are drawn from Beta(alpha, alpha)"),
    probability: withDefault(number({ atLeast: 0, atMost: 1 }), 1, "of a sample being mixed"),
  },
});

/** What `MixupPlugin` takes. */
export type MixupOptions = OptionsOf<typeof mixup.options>;
