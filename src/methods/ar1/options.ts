import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { number, text, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** ar1 on the command line. */
export const ar1 = describeMethod({
  name: "ar1",
  forms: ["strategy"],
  summary: "CWR* head, synaptic intelligence below it, latent replay",
  paper: "Maltoni and Lomonaco 2019, arXiv:1806.08568",
  options: {
    cwrLayerName: optional(text(1), "dense layer with an output per class. Default: the model's last layer"),
    latentLayerName: optional(text(1), "layer whose outputs are replayed. Default: none"),
    memSize: optional(wholeNumber(1), "outputs kept in all; requires latentLayerName. Default: 1500"),
    lambda: withDefault(number({ atLeast: 0 }), 0, "weight of synaptic intelligence on all layers but the head"),
    incLearningRate: optional(
      number({ atLeast: 0 }),
      "learning rate from the second experience on. Default: that of the first",
    ),
  },
});

/** What `AR1` takes. */
export type AR1Options = OptionsOf<typeof ar1.options>;
