import { type OptionsOf, optional } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** gradient-clipping on the command line. */
export const gradientClipping = describeMethod({
  name: "gradient-clipping",
  forms: ["plugin"],
  summary: "limits the gradient before the optimizer steps",
  options: {
    maxNorm: optional(number({ above: 0 }), "greatest norm of the whole gradient"),
    maxValue: optional(number({ above: 0 }), "greatest magnitude of an element; one of the two"),
  },
});

/** What `GradientClipping` takes. */
export type GradientClippingOptions = OptionsOf<typeof gradientClipping.options>;
