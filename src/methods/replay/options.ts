import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE, BATCH_SIZE_MEM, memSize, storagePolicy } from "../shared/method_options.ts";

/** replay on the command line. */
export const replay = describeMethod({
  name: "replay",
  summary: "experience replay",
  paper: "Chaudhry et al. 2019, arXiv:1902.10486",
  options: {
    memSize: memSize(),
    batchSize: BATCH_SIZE,
    batchSizeMem: BATCH_SIZE_MEM,
    taskBalancedDataloader: withDefault(flag(), false, "gives every task its share of the remembered part"),
    storagePolicy: withDefault(storagePolicy(), "experience-balanced", "what is kept"),
  },
});

/** What `Replay` takes. */
export type ReplayOptions = OptionsOf<typeof replay.options>;
