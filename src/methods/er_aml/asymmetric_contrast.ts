import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { type Matrix, multiply, multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import type { FeatureLoss } from "../../training/losses/feature_losses.ts";
import { contrastRow, createUnitRows, differentiateUnitRows } from "../../training/losses/supervised_contrast.ts";

/** Which rows of features are compared with which, and how. */
export interface AsymmetricContrast {
  /** How many of the rows, the first ones, are anchors; the others are what they are compared with. */
  readonly anchors: number;
  /** τ */
  readonly temperature: number;
  /** What the mean over the anchors is multiplied by. Default: 1. */
  readonly weight?: number;
}

/**
 * The supervised contrastive loss of anchors against other rows: weight times the mean over the anchors i of −1/|P(i)|
 * Σ ln (exp(zᵢ·z_p/τ) / Σ exp(zᵢ·z_a/τ)), with z the features at length 1, a all rows that are no anchors and p those
 * among them of the anchor's class. An anchor that has none adds nothing.
 * @param features [A + M, F]
 * @param y Class ids [A + M].
 * @see Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change, arXiv:2203.03798, equation 1
 */
export function evaluateAsymmetricContrast(
  features: HostTensor,
  y: Int32Array,
  { anchors, temperature, weight = 1 }: AsymmetricContrast,
): FeatureLoss {
  const [rows, width] = matrixShape(features.shape);
  const unit = createUnitRows(features);
  const others = rows - anchors;
  const rowsFrom = (start: number, end: number): Matrix => {
    return { data: unit.data.subarray(start * width, end * width), rows: end - start, columns: width };
  };
  const [anchorRows, otherRows] = [rowsFrom(0, anchors), rowsFrom(anchors, rows)];
  // zᵢ·z_a to begin with; row by row it becomes the loss's gradient with respect to that.
  const slopes = multiplyByTransposed(anchorRows, otherRows);
  let loss = 0;
  for (let i = 0; i < anchors; i++) {
    const row = slopes.data.subarray(i * others, (i + 1) * others);
    const isPositive = (j: number) => y[i] === y[anchors + j];
    loss += (weight / anchors) * contrastRow(row, { isPositive, temperature, scale: weight / (anchors * temperature) });
  }
  const gradient = new Float64Array(unit.data.length);
  gradient.set(multiply(slopes, otherRows).data);
  gradient.set(multiply(transpose(slopes), anchorRows).data, anchors * width);
  return { loss, dFeatures: differentiateUnitRows(unit, gradient) };
}
