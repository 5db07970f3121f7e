import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** rwalk on the command line. */
export const rwalk = describeMethod({
  name: "rwalk",
  summary: "Riemannian walk",
  paper: "Chaudhry et al. 2018, arXiv:1801.10112",
  options: {
    lambda: withDefault(number({ atLeast: 0 }), 0.1, "weight of the penalty"),
    alpha: withDefault(
      number({ atLeast: 0, atMost: 1 }),
      0.9,
      "weight of a new squared gradient in the moving average of the Fisher information",
    ),
    deltaT: withDefault(wholeNumber(1), 10, "steps over which a parameter's move and its effect are compared"),
  },
});

/** What `RWalk` takes. */
export type RWalkOptions = OptionsOf<typeof rwalk.options>;
