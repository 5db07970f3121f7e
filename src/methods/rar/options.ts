import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE_MEM, LAYER_NAME, memSize, storagePolicy } from "../shared/method_options.ts";

/** rar on the command line. */
export const rar = describeMethod({
  name: "rar",
  forms: ["plugin"],
  summary: "replay of samples perturbed towards new classes",
  paper: "Kumari et al. 2022",
  options: {
    memSize: memSize(),
    storagePolicy: withDefault(storagePolicy(), "reservoir", "what is kept"),
    batchSizeMem: BATCH_SIZE_MEM,
    beta: withDefault(
      number({ atLeast: 0, atMost: 1 }),
      0.4,
      "weight of perturbed samples; 1 − beta is that of remembered ones",
    ),
    epsilon: withDefault(number({ atLeast: 0 }), 0.0314, "farthest that an input value moves"),
    iterations: withDefault(wholeNumber(1), 2, "steps of the attack, epsilon / iterations each"),
    decay: withDefault(number({ atLeast: 0 }), 1, "share of the attack's direction that stays from step to step"),
    virtualLearningRate: withDefault(
      number({ atLeast: 0 }),
      0.1,
      "learning rate of the step that the attacked model is ahead",
    ),
    layerName: LAYER_NAME,
  },
});

/** What `RAR` takes. */
export type RAROptions = OptionsOf<typeof rar.options>;
