import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility } from "../shared/method_options.ts";

/** mas on the command line. */
export const mas = describeMethod({
  name: "mas",
  summary: "memory aware synapses",
  paper: "Aljundi et al. 2018, arXiv:1711.09601",
  options: {
    lambda: withDefault(number({ atLeast: 0 }), 1, "weight of the penalty"),
    alpha: optional(
      number({ atLeast: 0, atMost: 1 }),
      "share of the old importances in the mean with the new ones. Default: the sum of both; 0.5 with compatibility=avalanche",
    ),
    compatibility: compatibility("avalanche: gradients of whole minibatches' means, with dropout, and alpha=0.5"),
  },
});

/** What `MAS` takes. */
export type MASOptions = OptionsOf<typeof mas.options>;
