import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { memSize } from "../shared/method_options.ts";

/** la-maml on the command line. */
export const laMAML = describeMethod({
  name: "la-maml",
  forms: ["strategy"],
  summary: "meta-learnt learning rates, first order",
  paper: "Gupta et al. 2020, arXiv:2007.13904",
  options: {
    memSize: memSize(),
    batchSizeMem: withDefault(wholeNumber(1), 10, "remembered samples in each meta-loss"),
    innerUpdates: withDefault(wholeNumber(1), 5, "parts that a minibatch is cut into, one inner step each"),
    alphaInit: withDefault(number({ atLeast: 0 }), 0.1, "learning rate with which every parameter begins"),
    alphaLearningRate: withDefault(
      number({ atLeast: 0 }),
      0.25,
      "rate at which learning rates are learnt; 0 leaves them as they are",
    ),
    gradClipNorm: withDefault(
      number({ above: 0 }),
      1,
      "greatest norm of the gradients of parameters and of learning rates",
    ),
  },
});

/** What `LaMAML` takes. */
export type LaMAMLOptions = OptionsOf<typeof laMAML.options>;
