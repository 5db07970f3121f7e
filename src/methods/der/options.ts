import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE_MEM, compatibility, memSize } from "../shared/method_options.ts";

/** der on the command line. */
export const der = describeMethod({
  name: "der",
  summary: "dark experience replay, DER++ unless beta=0",
  paper: "Buzzega et al. 2020, arXiv:2004.07211",
  options: {
    memSize: memSize(),
    batchSizeMem: BATCH_SIZE_MEM,
    alpha: withDefault(number({ atLeast: 0 }), 0.1, "weight of the squared difference from remembered outputs"),
    beta: withDefault(number({ atLeast: 0 }), 0.5, "weight of remembered labels; 0 is DER, more is DER++"),
    compatibility: compatibility(
      "avalanche: a class-balanced memory, filled at the end of each experience; one draw serves both terms",
    ),
  },
});

/** What `DER` takes. */
export type DEROptions = OptionsOf<typeof der.options>;
