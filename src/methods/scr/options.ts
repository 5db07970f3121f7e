import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { LAYER_NAME, memSize, storagePolicy } from "../shared/method_options.ts";

/** scr on the command line. */
export const scr = describeMethod({
  name: "scr",
  summary: "replay with a contrastive loss and nearest class means",
  paper: "Mai et al. 2021, arXiv:2103.13885",
  options: {
    memSize: memSize(),
    storagePolicy: withDefault(storagePolicy(), "class-balanced", "what is kept"),
    batchSizeMem: withDefault(wholeNumber(1), 100, "remembered samples beside each minibatch"),
    temperature: withDefault(number({ above: 0 }), 0.1, "temperature of the contrastive loss"),
    layerName: LAYER_NAME,
  },
});

/** What `SCR` takes. */
export type SCROptions = OptionsOf<typeof scr.options>;
