import { type OptionSchema, type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, oneOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** Where nothing else is watched. */
export const WATCHED_BY_DEFAULT = "Top1_Acc_Stream";

const WATCHED = {
  patience: required(wholeNumber(1), "evaluations without improvement after which training stops"),
  metricName: withDefault(
    text(1),
    WATCHED_BY_DEFAULT,
    "metric that is watched, by its name (the last value read of any of its keys) or by a whole key",
  ),
  mode: withDefault(oneOf(["max", "min"]), "max", "whether more of it is better, or less"),
  margin: withDefault(number({ atLeast: 0 }), 0, "least improvement that counts"),
} satisfies OptionSchema;

/** What early stopping takes in code. */
export const EARLY_STOPPING_OPTIONS = {
  ...WATCHED,
  valStreamName: required(
    text(1),
    'stream whose evaluation is watched, of the evalStreams; "train" without evalEvery: what each epoch\'s training measures',
  ),
} satisfies OptionSchema;

/** What `EarlyStoppingPlugin` takes. */
export type EarlyStoppingOptions = OptionsOf<typeof EARLY_STOPPING_OPTIONS>;

/** early-stopping on the command line: it watches the stream "valid". */
export const earlyStopping = describeMethod({
  name: "early-stopping",
  forms: ["plugin"],
  summary: "ends an experience's epochs when its validation metric stops improving, and keeps the best parameters",
  options: { ...WATCHED, evalEvery: withDefault(wholeNumber(1), 1, "epochs between evaluations") },
});
