import { type OptionSchema, type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { FEATURE_PREDICTION_OPTIONS } from "../shared/classifiers/feature_prediction_options.ts";

/** Options of the classifier. */
export const FECAM_CLASSIFIER_OPTIONS = {
  tukeyLambda: withDefault(
    number({ above: 0, atMost: 1 }),
    0.5,
    "power λ to which features are raised, sign kept; 1 leaves them as they are",
  ),
  shrinkDiagonal: withDefault(
    number({ atLeast: 0 }),
    1,
    "share γ₁ of the mean variance that is added to every variance",
  ),
  shrinkOffDiagonal: withDefault(
    number({ atLeast: 0 }),
    1,
    "share γ₂ of the mean covariance that is added to every covariance",
  ),
} satisfies OptionSchema;

/** Options of the classifier. */
export type FeCAMClassifierOptions = OptionsOf<typeof FECAM_CLASSIFIER_OPTIONS>;

/** fecam on the command line. */
export const fecam = describeMethod({
  name: "fecam",
  forms: ["plugin"],
  summary: "evaluation by Mahalanobis distances of features",
  paper: "Goswami et al. 2023, arXiv:2309.14062",
  options: {
    ...FEATURE_PREDICTION_OPTIONS,
    ...FECAM_CLASSIFIER_OPTIONS,
  },
});

/** What `FeCAM` takes. */
export type FeCAMOptions = OptionsOf<typeof fecam.options>;
