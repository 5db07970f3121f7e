import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE_MEM, memSize } from "../shared/method_options.ts";

/** gss-greedy on the command line. */
export const gssGreedy = describeMethod({
  name: "gss-greedy",
  summary: "replay of samples with diverse gradients",
  paper: "Aljundi et al. 2019, arXiv:1903.08671",
  options: {
    memSize: memSize(),
    memStrength: withDefault(wholeNumber(1), 10, "remembered samples that each new one is compared with"),
    batchSizeMem: BATCH_SIZE_MEM,
  },
});

/** What `GSSGreedy` takes. */
export type GSSGreedyOptions = OptionsOf<typeof gssGreedy.options>;
