import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, oneOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** early-stopping on the command line. */
export const earlyStopping = describeMethod({
  name: "early-stopping",
  summary: "ends an experience's epochs when its validation metric stops improving, and keeps the best parameters",
  options: {
    patience: required(wholeNumber(1), "evaluations without improvement after which training stops"),
    valStreamName: required(text(1), "stream whose evaluation is watched; it must be among the evalStreams"),
    metricName: withDefault(
      text(1),
      "Top1_Acc_Stream",
      "metric that is watched, by its name (the last value read of any of its keys) or by a whole key",
    ),
    mode: withDefault(oneOf(["max", "min"]), "max", "whether more of it is better, or less"),
    margin: withDefault(number({ atLeast: 0 }), 0, "least improvement that counts"),
  },
});

/** What `EarlyStopping` takes. */
export type EarlyStoppingOptions = OptionsOf<typeof earlyStopping.options>;
