import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { FEATURE_PREDICTION_OPTIONS } from "../shared/classifiers/feature_prediction_options.ts";

/** ncm on the command line. */
export const ncm = describeMethod({
  name: "ncm",
  forms: ["plugin"],
  summary: "evaluation by the nearest class mean of features",
  paper: "Mensink et al. 2013",
  options: {
    ...FEATURE_PREDICTION_OPTIONS,
    normalize: withDefault(flag(), true, "scales features and means to norm 1"),
  },
});

/** What `NCM` takes. */
export type NCMOptions = OptionsOf<typeof ncm.options>;
