import type { OptionsOf } from "../../core/options/option_schema.ts";
import { required } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, LAYER_NAME, perExperience } from "../shared/method_options.ts";

/** lfl on the command line. */
export const lfl = describeMethod({
  name: "lfl",
  summary: "less-forgetting learning",
  paper: "Jung et al. 2016, arXiv:1607.00122",
  options: {
    lambda: required(perExperience({ atLeast: 0 }), "weight of the features' distance: one, or one per experience"),
    layerName: LAYER_NAME,
    compatibility: compatibility("avalanche: the mean over samples and features of the squared difference"),
  },
});

/** What `LFL` takes. */
export type LFLOptions = OptionsOf<typeof lfl.options>;
