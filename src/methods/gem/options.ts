import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, required, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** gem on the command line. */
export const gem = describeMethod({
  name: "gem",
  summary: "gradient episodic memory",
  paper: "Lopez-Paz and Ranzato 2017, arXiv:1706.08840",
  options: {
    patternsPerExperience: required(wholeNumber(1), "samples kept of every experience"),
    memoryStrength: withDefault(
      number({ atLeast: 0 }),
      0.5,
      "least weight γ of each memory's gradient in a projected step",
    ),
  },
});

/** What `GEM` takes. */
export type GEMOptions = OptionsOf<typeof gem.options>;
