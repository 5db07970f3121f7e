import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { perExperience } from "../shared/method_options.ts";

/** pack-net on the command line. */
export const packNet = describeMethod({
  name: "pack-net",
  summary: "PackNet: weights of its own for each experience",
  paper: "Mallya and Lazebnik 2018, arXiv:1711.05769",
  options: {
    postPruneEpochs: required(wholeNumber(), "epochs of each experience that come after its pruning"),
    pruneProportion: withDefault(
      perExperience({ atLeast: 0, atMost: 1 }),
      0.5,
      "share of its free weights that an experience gives up: one, or one per experience",
    ),
  },
});

/** What `PackNet` takes. */
export type PackNetOptions = OptionsOf<typeof packNet.options>;
