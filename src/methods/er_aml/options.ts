import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, LAYER_NAME, memSize } from "../shared/method_options.ts";

/** er-aml on the command line. */
export const erAML = describeMethod({
  name: "er-aml",
  summary: "replay in which new samples are compared with new classes only",
  paper: "Caccia et al. 2022, arXiv:2203.03798",
  options: {
    memSize: memSize(),
    batchSizeMem: withDefault(wholeNumber(1), 10, "remembered samples beside each minibatch"),
    temperature: withDefault(number({ above: 0 }), 0.1, "temperature of the contrastive loss"),
    baseTemperature: withDefault(
      number({ above: 0 }),
      0.07,
      "the contrastive loss is multiplied by temperature / baseTemperature",
    ),
    layerName: LAYER_NAME,
    compatibility: compatibility(
      "avalanche: a class-balanced memory, filled before training; negatives of all classes of the task",
    ),
  },
});

/** What `ERAML` takes. */
export type ERAMLOptions = OptionsOf<typeof erAML.options>;
