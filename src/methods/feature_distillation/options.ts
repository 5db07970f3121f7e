import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { oneOf } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { LAYER_NAME, perExperience } from "../shared/method_options.ts";

/** feature-distillation on the command line. */
export const featureDistillation = describeMethod({
  name: "feature-distillation",
  forms: ["plugin"],
  summary: "holds features to those of the last experience",
  paper: "Hou et al. 2019",
  options: {
    alpha: withDefault(
      perExperience({ atLeast: 0 }),
      1,
      "weight of the features' distance: one, or one per experience",
    ),
    mode: withDefault(
      oneOf(["cosine", "mse"]),
      "cosine",
      "distance: 1 − cos(f, f_old), or the mean squared difference",
    ),
    layerName: LAYER_NAME,
  },
});

/** What `FeatureDistillation` takes. */
export type FeatureDistillationOptions = OptionsOf<typeof featureDistillation.options>;
