import { type OptionSchema, type OptionsOf, withDefault } from "../../../core/options/option_schema.ts";
import { oneOf } from "../../../core/options/value_rules.ts";
import { LAYER_NAME, memSize, storagePolicy } from "../method_options.ts";

/** What class means, and covariances, of features are learnt from. */
export const FEATURE_PREDICTION_OPTIONS = {
  update: withDefault(
    oneOf(["memory", "current", "oracle"]),
    "memory",
    "samples that classes are learnt from: a memory, each experience's own at its end, or all seen; memory and oracle with the model as it is evaluated",
  ),
  memSize: memSize(2000, "samples kept by update=memory"),
  storagePolicy: withDefault(storagePolicy(), "class-balanced", "what update=memory keeps"),
  layerName: LAYER_NAME,
} satisfies OptionSchema;

/** What class means, and covariances, of features are learnt from. */
export type FeaturePredictionOptions = OptionsOf<typeof FEATURE_PREDICTION_OPTIONS>;
