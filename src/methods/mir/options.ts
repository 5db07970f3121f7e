import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE_MEM, compatibility, memSize, storagePolicy } from "../shared/method_options.ts";

/** mir on the command line. */
export const mir = describeMethod({
  name: "mir",
  summary: "replay of the samples that a step would hurt most",
  paper: "Aljundi et al. 2019, arXiv:1908.04742",
  options: {
    memSize: memSize(),
    storagePolicy: optional(
      storagePolicy(),
      "what is kept. Default: reservoir; class-balanced with compatibility=avalanche",
    ),
    subsample: withDefault(wholeNumber(1), 200, "remembered samples that are compared at every step"),
    batchSizeMem: BATCH_SIZE_MEM,
    compatibility: compatibility(
      "avalanche: equal parts of every class, and none of the minibatch's classes in the comparison",
    ),
  },
});

/** What `MIR` takes. */
export type MIROptions = OptionsOf<typeof mir.options>;
