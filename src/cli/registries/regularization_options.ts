import { z } from "zod";
import { COMPATIBILITIES } from "../../core/options/compatibility.ts";

const COMPATIBILITY = z.enum(COMPATIBILITIES).default("paper").describe("whose mathematics, where they differ");

/** What elastic weight consolidation takes, as a strategy and as a plugin. */
export const EWC_OPTIONS = z.strictObject({
  lambda: z.number().min(0).describe("weight of the penalty"),
  mode: z.enum(["separate", "online"]).default("separate").describe("an anchor an experience, or one that moves along"),
  decayFactor: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("how much of the old importance stays; with mode=online, and needed there"),
  compatibility: COMPATIBILITY,
  fisher: z
    .enum(["per-example", "minibatch"])
    .optional()
    .describe("whose gradients are squared; minibatch with compatibility=avalanche, else per-example"),
  trueFisher: z.boolean().default(false).describe("draws labels from the model's predictions; with fisher=per-example"),
  importanceBatchSize: z.int().min(1).optional().describe("samples in a minibatch of that; --batch-size if left out"),
  importanceSamples: z.int().min(1).optional().describe("samples looked at, drawn at random; all if left out"),
});

/** One number, or one for each experience. */
function perExperience(minimum: number) {
  const number = z.number().min(minimum);
  return z.union([number, z.array(number).min(1)]);
}

const EXCLUDED_PARAMETERS = z.array(z.string()).default([]).describe("tensors or layers that are left free");

/** What synaptic intelligence takes, as a strategy and as a plugin. */
export const SYNAPTIC_INTELLIGENCE_OPTIONS = z.strictObject({
  lambda: perExperience(0).describe("weight of the penalty; one, or one for each experience"),
  eps: z
    .number()
    .gt(0)
    .optional()
    .describe("added to squared distances that are divided by; 0.001, or 1e-7 with compatibility=avalanche"),
  excludedParameters: EXCLUDED_PARAMETERS,
  compatibility: COMPATIBILITY,
});

/** What memory aware synapses take, as a strategy and as a plugin. */
export const MAS_OPTIONS = z.strictObject({
  lambda: z.number().min(0).default(1).describe("weight of the penalty"),
  alpha: z.number().min(0).max(1).optional().describe("share of the old importances in a mean; summed if left out"),
  compatibility: COMPATIBILITY,
});

/** What a Riemannian walk takes, as a strategy and as a plugin. */
export const RWALK_OPTIONS = z.strictObject({
  lambda: z.number().min(0).default(0.1).describe("weight of the penalty"),
  alpha: z.number().min(0).max(1).default(0.9).describe("weight of a new squared gradient in the moving average"),
  deltaT: z.int().min(1).default(10).describe("steps over which a move and its effect are compared"),
});

/** What learning without forgetting takes, as a strategy and as a plugin. */
export const LWF_OPTIONS = z.strictObject({
  alpha: perExperience(0).default(1).describe("weight of the distillation; one, or one for each experience"),
  temperature: z.number().gt(0).default(2).describe("how much softer outputs are made before they are compared"),
  compatibility: COMPATIBILITY,
});

/** What scaling the criterion takes. */
export const LOSS_SCALING_OPTIONS = z.strictObject({
  factor: z
    .union([perExperience(0), z.literal("inverse-experience")])
    .describe("what the criterion is multiplied by; one, one for each experience, or 1, 1/2, 1/3 and so on"),
});

/** What CWR* takes, as a strategy and as a plugin. */
export const CWR_STAR_OPTIONS = z.strictObject({
  cwrLayerName: z.string().optional().describe("the dense layer with an output a class; the last layer if left out"),
  freezeRemainingModel: z.boolean().default(true).describe("holds other layers from the second experience on"),
});

/** What PackNet takes, as a strategy and as a plugin. */
export const PACK_NET_OPTIONS = z.strictObject({
  postPruneEpochs: z.int().min(0).describe("epochs of each experience that come after its pruning"),
  pruneProportion: z
    .union([z.number().min(0).max(1), z.array(z.number().min(0).max(1)).min(1)])
    .default(0.5)
    .describe("share of its free weights that an experience gives up; one, or one for each experience"),
});

const LAYER_NAME = z.string().optional().describe("whose answer features are; the layer before the last if left out");

/** What less-forgetting learning takes, as a strategy and as a plugin. */
export const LFL_OPTIONS = z.strictObject({
  lambda: perExperience(0).describe("weight of the features' distance; one, or one for each experience"),
  layerName: LAYER_NAME,
  compatibility: COMPATIBILITY,
});

/** What feature distillation takes. */
export const FEATURE_DISTILLATION_OPTIONS = z.strictObject({
  alpha: perExperience(0).default(1).describe("weight of the features' distance; one, or one for each experience"),
  mode: z.enum(["cosine", "mse"]).default("cosine").describe("the distance"),
  layerName: LAYER_NAME,
});
