import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag, number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** weight-averaging on the command line. */
export const weightAveraging = describeMethod({
  name: "weight-averaging",
  forms: ["plugin"],
  summary: "keeps a moving average of the parameters and evaluates with it",
  options: {
    decay: withDefault(number({ atLeast: 0, atMost: 1 }), 0.999, "share of the average that stays at each step"),
    evaluateAverage: withDefault(flag(), true, "evaluates with the average"),
    adoptAverage: withDefault(flag(), false, "goes on from the average after each experience"),
  },
});

/** What `WeightAveraging` takes. */
export type WeightAveragingOptions = OptionsOf<typeof weightAveraging.options>;
