import { z } from "zod";
import { COMPATIBILITIES } from "../../core/options/compatibility.ts";

const memSize = z.int().min(1).default(200).describe("samples kept in all");
const batchSizeMem = z.int().min(1).optional().describe("remembered samples in a step; --batch-size if left out");
const compatibility = z.enum(COMPATIBILITIES).default("paper");
const layerName = z
  .string()
  .min(1)
  .optional()
  .describe("the layer that gives the features; the one before the last if left out");
const patternsPerExperience = z.int().min(1).describe("samples kept of every experience");

/** What gradient episodic memory takes, as a strategy and as a plugin. */
export const GEM_OPTIONS = z.strictObject({
  patternsPerExperience,
  memoryStrength: z.number().min(0).default(0.5).describe("least weight of each memory's gradient in a moved step"),
});

/** What averaged gradient episodic memory takes, as a strategy and as a plugin. */
export const AGEM_OPTIONS = z.strictObject({
  patternsPerExperience,
  sampleSize: z.int().min(1).default(64).describe("remembered samples that a step must not get worse on"),
});

/** What GDumb takes, as a strategy and as a plugin. */
export const GDUMB_OPTIONS = z.strictObject({ memSize });

/** What maximally interfered retrieval takes, as a strategy and as a plugin. */
export const MIR_OPTIONS = z.strictObject({
  memSize,
  subsample: z.int().min(1).default(200).describe("remembered samples that are compared at every step"),
  batchSizeMem,
  compatibility: compatibility.describe("avalanche: equal parts of every class, and none of the minibatch's classes"),
});

/** What dark experience replay takes, as a strategy and as a plugin. */
export const DER_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem,
  alpha: z.number().min(0).default(0.1).describe("weight of the difference from remembered outputs"),
  beta: z.number().min(0).default(0.5).describe("weight of remembered labels; 0 is DER, more is DER++"),
  compatibility: compatibility.describe(
    "avalanche: one draw from a class-balanced memory, filled at experiences' ends",
  ),
});

/** What experience replay with asymmetric cross-entropy takes, as a strategy and as a plugin. */
export const ER_ACE_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem: z.int().min(1).default(10).describe("remembered samples beside each minibatch"),
  compatibility: compatibility.describe(
    "avalanche: a class-balanced memory, filled before training, and half the loss",
  ),
});

/** What experience replay with asymmetric metric learning takes, as a strategy and as a plugin. */
export const ER_AML_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem: z.int().min(1).default(10).describe("remembered samples beside each minibatch"),
  temperature: z.number().gt(0).default(0.1).describe("of the contrastive loss"),
  baseTemperature: z.number().gt(0).default(0.07).describe("the contrastive loss is weighed by temperature over this"),
  layerName,
  compatibility: compatibility.describe(
    "avalanche: a class-balanced memory, filled before training; negatives of all classes of the task",
  ),
});

/** What feature replay takes, as a strategy and as a plugin. */
export const FEATURE_REPLAY_OPTIONS = z.strictObject({
  memSize: memSize.describe("features kept in all"),
  batchSizeMem: z.int().min(1).default(10).describe("remembered features in a step"),
  layerName,
  compatibility: compatibility.describe("avalanche: new samples compete with all classes seen"),
});

/** What latent replay takes. */
export const LATENT_REPLAY_OPTIONS = z.strictObject({
  layerName: z.string().min(1).describe("the layer whose answers are remembered"),
  memSize: memSize.default(1500).describe("answers kept in all"),
});

/** What AR1 takes. */
export const AR1_OPTIONS = z.strictObject({
  cwrLayerName: z.string().min(1).optional().describe("the dense layer with an output a class; the last if left out"),
  latentLayerName: z.string().min(1).optional().describe("the layer whose answers are replayed; none without it"),
  memSize: z.int().min(1).optional().describe("answers kept in all; 1500 with latentLayerName"),
  lambda: z.number().min(0).default(0).describe("weight of synaptic intelligence on all layers but the head"),
  incLearningRate: z
    .number()
    .min(0)
    .optional()
    .describe("learning rate from the second experience on; as in the first if left out"),
});

/** What greedy gradient-based sample selection takes, as a strategy and as a plugin. */
export const GSS_OPTIONS = z.strictObject({
  memSize,
  memStrength: z.int().min(1).default(10).describe("remembered samples that each new one is compared with"),
  batchSizeMem,
});

/** What retrospective adversarial replay takes. */
export const RAR_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem,
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .describe("weight of perturbed samples, the rest is that of remembered ones"),
  epsilon: z.number().min(0).default(0.0314).describe("farthest that an input value moves"),
  iterations: z.int().min(1).default(2).describe("steps of the attack"),
  decay: z.number().min(0).default(1).describe("how much of the attack's direction stays from step to step"),
  virtualLearningRate: z.number().min(0).default(0.1).describe("of the step that the attacked model is ahead"),
  layerName,
});

/** What IL2M takes, as a strategy and as a plugin. */
export const IL2M_OPTIONS = z.strictObject({
  memSize: memSize.default(2000),
  batchSize: z.int().min(1).optional().describe("new samples in a minibatch; --batch-size if left out"),
  batchSizeMem,
});

/** What meta-experience replay takes. */
export const MER_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem: z.int().min(1).default(10).describe("remembered samples in each inner batch"),
  innerBatches: z.int().min(1).default(5).describe("inner batches of a step"),
  beta: z.number().min(0).max(1).default(0.1).describe("how far each inner batch moves"),
  gamma: z.number().min(0).max(1).default(0.1).describe("how far the whole step moves"),
});

/** What look-ahead MAML takes. */
export const LA_MAML_OPTIONS = z.strictObject({
  memSize,
  batchSizeMem: z.int().min(1).default(10).describe("remembered samples in each meta-loss"),
  innerUpdates: z.int().min(1).default(5).describe("parts that a minibatch is cut into, one inner step each"),
  alphaInit: z.number().min(0).default(0.1).describe("learning rate with which every parameter begins"),
  alphaLearningRate: z.number().min(0).default(0.25).describe("rate at which learning rates are learnt"),
  gradClipNorm: z.number().gt(0).default(1).describe("longest gradient"),
});
