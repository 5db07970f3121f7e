import { z } from "zod";
import { COMPATIBILITIES } from "../../core/options/compatibility.ts";
import { STORAGE_POLICIES } from "./storage_policy.ts";

const layerName = z.string().min(1).optional().describe("the layer that gives the features; the one before the last");

const featurePrediction = {
  update: z.enum(["memory", "current", "oracle"]).default("memory").describe("which samples classes are learnt from"),
  memSize: z.int().min(1).default(2000).describe("samples kept where update=memory"),
  storagePolicy: z.enum(STORAGE_POLICIES).default("class-balanced").describe("what is kept"),
  layerName,
};

/** What evaluation by the nearest class mean takes. */
export const NCM_OPTIONS = z.strictObject({
  ...featurePrediction,
  normalize: z.boolean().default(true).describe("brings features and means to length 1"),
});

/** What FeCAM takes. */
export const FECAM_OPTIONS = z.strictObject({
  ...featurePrediction,
  tukeyLambda: z.number().gt(0).max(1).default(0.5).describe("power to which features are raised"),
  shrinkDiagonal: z.number().min(0).default(1).describe("how much of the mean variance is added to variances"),
  shrinkOffDiagonal: z.number().min(0).default(1).describe("how much of the mean covariance is added to covariances"),
});

/** What iCaRL takes, as a strategy and as a plugin. */
export const ICARL_OPTIONS = z.strictObject({
  memSize: z.int().min(1).default(2000).describe("exemplars kept, in all or of each class"),
  fixedMemory: z.boolean().default(true).describe("whether all classes share them"),
  layerName,
  temperature: z.number().gt(0).default(1).describe("how much softer old classes' targets are made"),
});

/** What streaming linear discriminant analysis takes. */
export const STREAMING_LDA_OPTIONS = z.strictObject({
  shrinkage: z.number().gt(0).max(1).default(0.0001).describe("share of the identity in the covariance"),
  updatesCovariance: z.boolean().default(true).describe("whether the covariance is learnt, or the means alone"),
  layerName,
});

/** What supervised contrastive replay takes, as a strategy and as a plugin. */
export const SCR_OPTIONS = z.strictObject({
  memSize: z.int().min(1).default(200).describe("samples kept in all"),
  batchSizeMem: z.int().min(1).default(100).describe("remembered samples beside each minibatch"),
  temperature: z.number().gt(0).default(0.1).describe("of the contrastive loss"),
  layerName,
});

/** What continual prototype evolution takes, as a strategy and as a plugin. */
export const COPE_OPTIONS = z.strictObject({
  memSize: z.int().min(1).default(200).describe("samples kept in all"),
  batchSizeMem: z.int().min(1).optional().describe("remembered samples in a step; --batch-size if left out"),
  alpha: z.number().min(0).max(1).default(0.99).describe("how much of a prototype stays at every step"),
  temperature: z.number().gt(0).default(0.1).describe("of the loss"),
  compatibility: z
    .enum(COMPATIBILITIES)
    .default("paper")
    .describe("avalanche: samples do not move away from those that are pushed off them"),
});

/** What bias correction takes, as a strategy and as a plugin. */
export const BIC_OPTIONS = z.strictObject({
  memSize: z.int().min(2).default(2000).describe("samples kept in all"),
  valPercentage: z.number().gt(0).lt(1).default(0.1).describe("share of them that fits the correction"),
  temperature: z.number().gt(0).default(2).describe("of the distillation"),
  lambda: z.number().min(0).max(1).optional().describe("weight of the distillation; the share of old classes"),
});
