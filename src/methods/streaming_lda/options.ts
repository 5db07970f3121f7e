import { type OptionSchema, type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag, number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { LAYER_NAME } from "../shared/method_options.ts";

/** Options of the classifier. */
export const STREAMING_LDA_CLASSIFIER_OPTIONS = {
  shrinkage: withDefault(
    number({ above: 0, atMost: 1 }),
    0.0001,
    "share ε of the identity in the covariance that is inverted",
  ),
  updatesCovariance: withDefault(flag(), true, "learns the covariance, too, not the means alone"),
} satisfies OptionSchema;

/** Options of the classifier. */
export type StreamingLDAClassifierOptions = OptionsOf<typeof STREAMING_LDA_CLASSIFIER_OPTIONS>;

/** streaming-lda on the command line. */
export const streamingLDA = describeMethod({
  name: "streaming-lda",
  forms: ["strategy"],
  summary: "linear discriminant analysis of a fixed network's features, sample by sample",
  paper: "Hayes and Kanan 2020, arXiv:1909.01520",
  options: {
    ...STREAMING_LDA_CLASSIFIER_OPTIONS,
    layerName: LAYER_NAME,
  },
});

/** What `StreamingLDA` takes. */
export type StreamingLDAOptions = OptionsOf<typeof streamingLDA.options>;
