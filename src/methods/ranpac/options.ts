import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { LAYER_NAME } from "../shared/method_options.ts";

/** Options of the classifier. */
export const RANPAC_CLASSIFIER_OPTIONS = {
  projectionSize: withDefault(
    wholeNumber(1, 20_000),
    1000,
    "random features M; the paper has 10000. Memory grows with its square, time with its cube",
  ),
  ridge: optional(
    number({ above: 0 }),
    "λ, what is added to the diagonal. Default: chosen after each experience among 1e-8 … 1e8, by a fifth of its samples",
  ),
} satisfies OptionSchema;

/** Options of the classifier. */
export type RanPACClassifierOptions = OptionsOf<typeof RANPAC_CLASSIFIER_OPTIONS>;

/** ranpac on the command line. */
export const ranpac = describeMethod({
  name: "ranpac",
  forms: ["strategy"],
  summary: "ridge regression on random features of a fixed, pretrained network",
  paper: "McDonnell et al. 2023, arXiv:2307.02251",
  options: {
    ...RANPAC_CLASSIFIER_OPTIONS,
    layerName: LAYER_NAME,
  },
});

/** What `RanPAC` takes. */
export type RanPACOptions = OptionsOf<typeof ranpac.options>;
