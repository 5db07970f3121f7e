/**
 * Criteria and masks of classes: `firn/losses`.
 * @module
 */

export { BCEWithLogitsLoss } from "./training/losses/bce_with_logits_loss.ts";
export { type ClassMask, createClassMask } from "./training/losses/class_mask.ts";
export type { Criterion, CriterionData, CriterionFunction } from "./training/losses/criterion.ts";
export { CrossEntropyLoss } from "./training/losses/cross_entropy_loss.ts";
export { FocalLoss } from "./training/losses/focal_loss.ts";
export type { LossAndGradient } from "./training/losses/loss_and_gradient.ts";
export type { LossTerm } from "./training/losses/loss_terms.ts";
export type {
  BCEWithLogitsOptions,
  CrossEntropyOptions,
  FocalOptions,
  HuberOptions,
} from "./training/losses/options.ts";
export { HuberLoss, MSELoss } from "./training/losses/regression_losses.ts";
