import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { flag, listOf, number, objectLike, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, perExperience } from "../shared/method_options.ts";
import type { VAETraining } from "./vae_training.ts";

/** How much replayed samples count beside new ones. */
const REPLAY_WEIGHT_OPTIONS = {
  ratio: optional(
    perExperience({ atLeast: 0, atMost: 1 }),
    "share of the loss on new samples: one, or one per experience. Default: 1/k in the k-th",
  ),
  isWeightedReplay: withDefault(
    flag(),
    false,
    "loss on new samples plus a weight times that on replayed ones; excludes ratio",
  ),
  weightReplayLoss: withDefault(number({ atLeast: 0 }), 1e-4, "that weight at the beginning"),
  weightReplayLossFactor: withDefault(number({ atLeast: 0 }), 1, "factor of that weight after each iteration"),
  compatibility: compatibility("avalanche: the plain mean over new and generated samples, unless replay is weighted"),
} satisfies OptionSchema;

/** How much replayed samples count beside new ones. */
export type ReplayWeightOptions = OptionsOf<typeof REPLAY_WEIGHT_OPTIONS>;

/** How a generator is made and trained. */
export const GENERATOR_OPTIONS = {
  latentSize: withDefault(wholeNumber(1), 32, "numbers that the generator draws a sample from"),
  hiddenSizes: withDefault(
    listOf(wholeNumber(1)),
    [400, 128],
    "units of the encoder's hidden layers, in reverse of the decoder's",
  ),
  generatorEpochs: optional(wholeNumber(), "the generator's passes over each experience. Default: the strategy's"),
  generatorLearningRate: withDefault(number({ atLeast: 0 }), 0.001, "learning rate of Adam, for the generator"),
  beta: withDefault(number({ atLeast: 0 }), 1, "weight of the divergence of the generator's latents from N(0, 1)"),
} satisfies OptionSchema;

/** How a generator is made and trained. */
export type GeneratorOptions = OptionsOf<typeof GENERATOR_OPTIONS>;

/** generative-replay on the command line. */
export const generativeReplay = describeMethod({
  name: "generative-replay",
  summary: "replay of what a variational autoencoder generates, labelled by the last model",
  paper: "Shin et al. 2017, arXiv:1705.08690",
  options: {
    ...REPLAY_WEIGHT_OPTIONS,
    ...GENERATOR_OPTIONS,
    generatorStrategy: optional(
      objectLike<VAETraining>("a VAETraining", "generator", "train"),
      "generator that somebody else trains. Default: the plugin trains its own after each experience; inside a VAETraining, that strategy",
    ),
    untrainedSolver: withDefault(
      flag(),
      true,
      "false: model and generator were trained before, and the first experience is replayed to",
    ),
    replaySize: optional(wholeNumber(1, 1_000_000), "samples generated for a minibatch. Default: as many as it has"),
    increasingReplaySize: withDefault(flag(), false, "generates a minibatch's size for every past experience"),
  },
});

/** What `GenerativeReplay` takes. */
export type GenerativeReplayOptions = OptionsOf<typeof generativeReplay.options>;
