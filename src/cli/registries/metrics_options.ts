import { optional, type ResolvedOptions, withDefault } from "../../core/options/option_schema.ts";
import { flag, oneOf, wholeNumber } from "../../core/options/value_rules.ts";

const isMeasured = (what: string) => withDefault(flag(), false, what);

/** What the plugin "metrics" may be asked for. */
export const METRICS_OPTIONS = {
  minibatch: isMeasured("accuracy and loss of each training minibatch"),
  topK: optional(wholeNumber(1), "accuracy among the k largest logits"),
  classAccuracy: isMeasured("accuracy of each class"),
  byTask: isMeasured("accuracy and loss of each task label"),
  confusionMatrix: optional(oneOf(["count", "true", "pred", "all"]), "as counts, or as shares of what"),
  maxForgetting: isMeasured("forgetting since the best accuracy, beside that since the first"),
  forwardTransfer: isMeasured("what training helps with experiences to come; evaluates once before any training"),
  cumulative: isMeasured("accuracy and forgetting among the classes seen up to each experience"),
  amca: isMeasured("average mean class accuracy"),
  regression: isMeasured(
    "RMSE and R² of the outputs against one-hot rows of the classes; where targets are values, MAE",
  ),
  meanScores: isMeasured("mean scores of new and of old classes"),
  labels: isMeasured("how many samples of each class were trained on"),
  images: isMeasured("a grid of samples of each experience"),
  weights: isMeasured("the parameters after each experience; metrics.jsonl gets their hash"),
  mac: isMeasured("multiplications that the model needs for a sample"),
  timing: isMeasured("seconds that epochs and evaluations take; not in metrics.jsonl"),
  cpu: isMeasured("processor time, in percent of a core; not in metrics.jsonl"),
  ram: isMeasured("largest resident memory in MiB; not in metrics.jsonl"),
  disk: isMeasured("KiB in the run's folder; not in metrics.jsonl"),
  gpu: optional(wholeNumber(0), "largest load of the GPU of this number in percent; not in metrics.jsonl"),
};

/** The same, as it was chosen. */
export type MetricsOptions = ResolvedOptions<typeof METRICS_OPTIONS>;
