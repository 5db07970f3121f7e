import { z } from "zod";
import { COMPATIBILITIES } from "../../core/options/compatibility.ts";

/** What generative replay takes, as a strategy and as a plugin. */
export const GENERATIVE_REPLAY_OPTIONS = z.strictObject({
  ratio: z
    .union([z.number().min(0).max(1), z.array(z.number().min(0).max(1)).min(1)])
    .optional()
    .describe("share of the loss on new samples, for all experiences or a list; 1/k in the k-th if left out"),
  replaySize: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("samples generated for a minibatch; as many as it has if left out"),
  increasingReplaySize: z.boolean().default(false).describe("a minibatch's size for every past experience"),
  untrainedSolver: z.boolean().default(true).describe("false: model and generator were trained before"),
  isWeightedReplay: z
    .boolean()
    .default(false)
    .describe("loss on new samples plus a weight times that on generated ones"),
  weightReplayLoss: z.number().min(0).default(1e-4).describe("that weight in the beginning"),
  weightReplayLossFactor: z.number().min(0).default(1).describe("what it is multiplied by after each iteration"),
  compatibility: z
    .enum(COMPATIBILITIES)
    .default("paper")
    .describe("avalanche: the plain mean over new and generated samples"),
  latentSize: z.int().min(1).default(32).describe("numbers that the generator draws a sample from"),
  hiddenSizes: z.array(z.int().min(1)).default([400, 128]).describe("units of the generator's hidden layers"),
  generatorEpochs: z
    .int()
    .min(0)
    .optional()
    .describe("the generator's passes over each experience; --epochs if left out"),
  generatorLearningRate: z.number().min(0).default(0.001).describe("of Adam, for the generator"),
  beta: z.number().min(0).default(1).describe("weight of the divergence of the generator's latents from N(0, 1)"),
});
