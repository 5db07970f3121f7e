import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** from-scratch on the command line. */
export const fromScratchTraining = describeMethod({
  name: "from-scratch",
  summary: "training on each experience from the initial parameters",
  options: {
    resetOptimizer: withDefault(flag(), true, "resets the optimizer's state, too"),
  },
});

/** What `FromScratchTraining` takes. */
export type FromScratchTrainingOptions = OptionsOf<typeof fromScratchTraining.options>;
