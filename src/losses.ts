/**
 * Criteria and masks of classes: `firn/losses`.
 * @module
 */

export { BCEWithLogitsLoss } from "./training/losses/bce_with_logits_loss.ts";
export { type ClassMask, createClassMask } from "./training/losses/class_mask.ts";
export type { Criterion, CriterionFunction } from "./training/losses/criterion.ts";
export { CrossEntropyLoss, type CrossEntropyOptions, MSELoss } from "./training/losses/cross_entropy_loss.ts";
export type { LossAndGradient } from "./training/losses/loss_and_gradient.ts";
export type { LossTerm } from "./training/losses/loss_terms.ts";
