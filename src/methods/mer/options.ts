import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { memSize } from "../shared/method_options.ts";

/** mer on the command line. */
export const mer = describeMethod({
  name: "mer",
  forms: ["strategy"],
  summary: "replay and Reptile, one sample at a time",
  paper: "Riemer et al. 2019, arXiv:1810.11910",
  options: {
    memSize: memSize(),
    batchSizeMem: withDefault(wholeNumber(1), 10, "remembered samples in each inner batch"),
    innerBatches: withDefault(wholeNumber(1), 5, "inner batches of a step, s in the paper"),
    beta: withDefault(number({ atLeast: 0, atMost: 1 }), 0.1, "how far each inner batch moves"),
    gamma: withDefault(number({ atLeast: 0, atMost: 1 }), 0.1, "how far the whole step moves"),
  },
});

/** What `MER` takes. */
export type MEROptions = OptionsOf<typeof mer.options>;
