import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** cutmix on the command line. */
export const cutmix = describeMethod({
  name: "cutmix",
  forms: ["plugin"],
  summary: "trains on images that hold a rectangle of another, and on both targets by their areas",
  paper: "Yun et al. 2019, arXiv:1905.04899",
  options: {
    alpha: withDefault(number({ above: 0 }), 1, "the shares of the area are drawn from Beta(alpha, alpha)"),
    probability: withDefault(number({ atLeast: 0, atMost: 1 }), 1, "of a sample being mixed"),
  },
});

/** What `CutMixPlugin` takes. */
export type CutMixOptions = OptionsOf<typeof cutmix.options>;
