import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE_MEM, compatibility, memSize, storagePolicy } from "../shared/method_options.ts";

/** cope on the command line. */
export const cope = describeMethod({
  name: "cope",
  summary: "replay with a prototype per class that moves along",
  paper: "De Lange and Tuytelaars 2021, arXiv:2009.00919",
  options: {
    memSize: memSize(),
    storagePolicy: withDefault(storagePolicy(), "class-balanced", "what is kept"),
    batchSizeMem: BATCH_SIZE_MEM,
    alpha: withDefault(number({ atLeast: 0, atMost: 1 }), 0.99, "share of a prototype that stays at every step"),
    temperature: withDefault(number({ above: 0 }), 0.1, "temperature T of the loss"),
    compatibility: compatibility(
      "avalanche: samples do not move away from those of other classes that are pushed off them",
    ),
  },
});

/** What `CoPE` takes. */
export type CoPEOptions = OptionsOf<typeof cope.options>;
