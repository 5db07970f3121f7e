import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, LAYER_NAME, memSize } from "../shared/method_options.ts";

/** feature-replay on the command line. */
export const featureReplay = describeMethod({
  name: "feature-replay",
  summary: "replay of features into the classifier",
  paper: "Magistri et al. 2024, arXiv:2402.03917",
  options: {
    memSize: memSize(200, "features kept in all"),
    batchSizeMem: withDefault(wholeNumber(1), 10, "remembered features in a step"),
    layerName: LAYER_NAME,
    compatibility: compatibility(
      "avalanche: new samples compete with all classes seen, not with those of their experience alone",
    ),
  },
});

/** What `FeatureReplay` takes. */
export type FeatureReplayOptions = OptionsOf<typeof featureReplay.options>;
