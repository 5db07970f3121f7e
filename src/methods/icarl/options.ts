import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag, number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { LAYER_NAME, memSize } from "../shared/method_options.ts";

/** icarl on the command line. */
export const icarl = describeMethod({
  name: "icarl",
  summary: "distillation, herded exemplars and nearest class means",
  paper: "Rebuffi et al. 2017, arXiv:1611.07725",
  options: {
    memSize: memSize(2000, "exemplars kept: in all, or of each class with fixedMemory=false"),
    fixedMemory: withDefault(flag(), true, "all classes share the memory"),
    layerName: LAYER_NAME,
    temperature: withDefault(number({ above: 0 }), 1, "temperature T of old classes' targets σ(z/T)"),
  },
});

/** What `ICaRL` takes. */
export type ICaRLOptions = OptionsOf<typeof icarl.options>;
