import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, memSize } from "../shared/method_options.ts";

/** er-ace on the command line. */
export const erACE = describeMethod({
  name: "er-ace",
  summary: "replay in which new samples compete with new classes only",
  paper: "Caccia et al. 2022, arXiv:2203.03798",
  options: {
    memSize: memSize(),
    batchSizeMem: withDefault(wholeNumber(1), 10, "remembered samples beside each minibatch"),
    compatibility: compatibility("avalanche: a class-balanced memory, filled before training, and half the loss"),
  },
});

/** What `ERACE` takes. */
export type ERACEOptions = OptionsOf<typeof erACE.options>;
