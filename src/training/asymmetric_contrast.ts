import type { HostTensor } from "../core/host_tensor.ts";
import type { FeatureLoss } from "./feature_losses.ts";
import { addPair, createUnitRows, differentiateUnitRows, multiplyRows } from "./supervised_contrast.ts";

/** Which rows of features are compared with which, and how. */
export interface AsymmetricContrast {
  /** How many of the rows, the first ones, are anchors; the others are what they are compared with. */
  readonly anchors: number;
  /** τ */
  readonly temperature: number;
  /** What the mean over the anchors is multiplied by; 1 if left out. */
  readonly weight?: number;
}

/**
 * The supervised contrastive loss of anchors against other rows: weight times the mean over the anchors i of
 * −1/|P(i)| Σ ln (exp(zᵢ·z_p/τ) / Σ exp(zᵢ·z_a/τ)), with z the features at length 1, a all rows that are no anchors and p those
 * among them of the anchor's class. An anchor that has none adds nothing.
 * @param features [A + M, F]
 * @param y Class ids [A + M].
 * @see Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change, arXiv:2104.05025, equation 1
 */
export function evaluateAsymmetricContrast(
  features: HostTensor,
  y: Int32Array,
  { anchors, temperature, weight = 1 }: AsymmetricContrast,
): FeatureLoss {
  const [rows = 0, width = 0] = features.shape;
  const unit = createUnitRows(features);
  const gradient = new Float64Array(unit.data.length);
  const similarities = new Float64Array(rows);
  let loss = 0;
  for (let i = 0; i < anchors; i++) {
    let positives = 0;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = anchors; j < rows; j++) {
      if (y[i] === y[j]) positives += 1;
      similarities[j] = multiplyRows(unit.data, width, { i, j }) / temperature;
      largest = Math.max(largest, similarities[j] ?? 0);
    }
    if (positives === 0) continue;
    let total = 0;
    for (let j = anchors; j < rows; j++) total += Math.exp((similarities[j] ?? 0) - largest);
    const logTotal = largest + Math.log(total);
    for (let j = anchors; j < rows; j++) {
      const logProbability = (similarities[j] ?? 0) - logTotal;
      const share = y[i] === y[j] ? 1 / positives : 0;
      loss -= (weight * share * logProbability) / anchors;
      const factor = (weight * (Math.exp(logProbability) - share)) / (anchors * temperature);
      addPair(gradient, unit.data, { i, j, width, factor });
    }
  }
  return { loss, dFeatures: differentiateUnitRows(unit, gradient) };
}
