import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { callback, flag, text } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** cwr-star on the command line. */
export const cwrStar = describeMethod({
  name: "cwr-star",
  summary: "copy weights with reinit, CWR*",
  paper: "Lomonaco et al. 2020, arXiv:1907.03799",
  options: {
    cwrLayerName: optional(text(1), "dense layer with an output per class. Default: the model's last layer"),
    freezeRemainingModel: withDefault(flag(), true, "freezes all other layers from the second experience on"),
    rehearsedTargets: optional(
      callback<() => readonly number[]>(),
      "gives the class ids, one per sample, of what is trained from a memory beside each experience; they are consolidated, too",
    ),
  },
});

/** What `CWRStar` takes. */
export type CWRStarOptions = OptionsOf<typeof cwrStar.options>;
