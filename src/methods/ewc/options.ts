import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { flag, number, oneOf, required, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility } from "../shared/method_options.ts";

/** ewc on the command line. */
export const ewc = describeMethod({
  name: "ewc",
  summary: "elastic weight consolidation",
  paper: "Kirkpatrick et al. 2017, arXiv:1612.00796",
  options: {
    lambda: required(number({ atLeast: 0 }), "weight λ of the penalty"),
    mode: withDefault(oneOf(["separate", "online"]), "separate", "an anchor per experience, or one that moves along"),
    decayFactor: optional(
      number({ atLeast: 0, atMost: 1 }),
      "share of the old importance that stays; mode=online requires it",
    ),
    compatibility: compatibility(
      "avalanche: λ in place of λ/2, and fisher=minibatch, on which its published baselines rest",
    ),
    fisher: optional(
      oneOf(["per-example", "minibatch"]),
      "whose gradients are squared: those of samples, or of whole minibatches' mean losses (about 1/B of it). Default: per-example; minibatch with compatibility=avalanche",
    ),
    trueFisher: withDefault(flag(), false, "draws labels from the model's predictions; requires fisher=per-example"),
    importanceBatchSize: optional(
      wholeNumber(1),
      "samples in a minibatch of fisher=minibatch, which a size above 1 implies. Default: the training minibatch size",
    ),
    importanceSamples: optional(
      wholeNumber(1),
      "samples of the experience that are used, drawn at random. Default: all",
    ),
  },
});

/** What `EWC` takes. */
export type EWCOptions = OptionsOf<typeof ewc.options>;
