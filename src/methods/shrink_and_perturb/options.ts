import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { either, number, oneOf, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** shrink-and-perturb on the command line. */
export const shrinkAndPerturb = describeMethod({
  name: "shrink-and-perturb",
  forms: ["plugin"],
  summary: "moves parameters back towards a fresh start",
  paper: "Ash and Adams 2020, arXiv:1910.08475",
  options: {
    shrink: withDefault(number({ atLeast: 0, atMost: 1 }), 0.6, "factor of the parameters"),
    perturb: withDefault(number({ atLeast: 0 }), 0.01, "standard deviation of the noise that is added"),
    every: withDefault(
      either(wholeNumber(1), oneOf(["experience"])),
      "experience",
      "before each experience but the first, or after so many iterations",
    ),
  },
});

/** What `ShrinkAndPerturb` takes. */
export type ShrinkAndPerturbOptions = OptionsOf<typeof shrinkAndPerturb.options>;
