import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** agem on the command line. */
export const agem = describeMethod({
  name: "agem",
  summary: "averaged gradient episodic memory",
  paper: "Chaudhry et al. 2019, arXiv:1812.00420",
  options: {
    patternsPerExperience: required(wholeNumber(1), "samples kept of every experience"),
    sampleSize: withDefault(wholeNumber(1), 64, "remembered samples whose mean loss no step may raise"),
  },
});

/** What `AGEM` takes. */
export type AGEMOptions = OptionsOf<typeof agem.options>;
