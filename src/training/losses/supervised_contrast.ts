import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { type Matrix, multiply, multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** Rows at length 1, and how long they were. */
export interface UnitRows {
  /** [B, D] in double precision. */
  readonly data: Float64Array;
  /** [B]; 1 for a row of zeros, which stays. */
  readonly lengths: Float64Array;
}

/** Brings every row of embeddings [B, D] to length 1. The caller owns the result. */
export function createUnitRows({ data, shape }: HostTensor): UnitRows {
  const [rows, width] = matrixShape(shape);
  const lengths = new Float64Array(rows);
  const unit = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * width; i < (row + 1) * width; i++) square += (data[i] ?? 0) ** 2;
    const length = Math.sqrt(square) || 1;
    lengths[row] = length;
    for (let i = row * width; i < (row + 1) * width; i++) unit[i] = (data[i] ?? 0) / length;
  }
  return { data: unit, lengths };
}

/**
 * Takes a gradient with respect to unit rows back to the rows themselves: (g − (g·z)z) / length. The caller owns it.
 */
export function differentiateUnitRows({ data, lengths }: UnitRows, gradient: Float64Array): Float32Array {
  const width = lengths.length === 0 ? 0 : data.length / lengths.length;
  const result = new Float32Array(data.length);
  for (const [row, length] of lengths.entries()) {
    let along = 0;
    for (let i = row * width; i < (row + 1) * width; i++) along += (gradient[i] ?? 0) * (data[i] ?? 0);
    for (let i = row * width; i < (row + 1) * width; i++) {
      result[i] = ((gradient[i] ?? 0) - along * (data[i] ?? 0)) / length;
    }
  }
  return result;
}

/**
 * The supervised contrastive loss of embeddings: the mean over the rows i of −1/|P(i)| Σ ln (exp(zᵢ·z_p/τ) / Σ
 * exp(zᵢ·z_a/τ)), with z the embeddings at length 1, p the other rows of the same class and a all other rows. A row
 * that is the only one of its class adds nothing.
 * @param output Embeddings [B, D].
 * @param y Class ids [B].
 * @param temperature τ
 * @see Khosla et al. 2020, Supervised Contrastive Learning, arXiv:2004.11362, equation 2
 */
export function evaluateSupervisedContrast(output: HostTensor, y: Int32Array, temperature: number): LossAndGradient {
  const [rows, width] = matrixShape(output.shape);
  const unit = createUnitRows(output);
  const z: Matrix = { data: unit.data, rows, columns: width };
  // zᵢ·z_a to begin with; row by row it becomes the loss's gradient with respect to that.
  const slopes = multiplyByTransposed(z, z);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const row = slopes.data.subarray(i * rows, (i + 1) * rows);
    row[i] = Number.NEGATIVE_INFINITY;
    const isPositive = (j: number) => j !== i && y[i] === y[j];
    loss += contrastRow(row, { isPositive, temperature, scale: 1 / (rows * temperature) }) / rows;
  }
  // Each product moves both of its rows.
  const mirrored = transpose(slopes).data;
  for (let at = 0; at < mirrored.length; at++) mirrored[at] = (slopes.data[at] ?? 0) + (mirrored[at] ?? 0);
  return { loss, dOutput: differentiateUnitRows(unit, multiply({ ...slopes, data: mirrored }, z).data) };
}

/**
 * One anchor's loss from its similarities zᵢ·z_a, which give way to the loss's gradient with respect to them, times
 * `scale`. What it is not compared with has a similarity of −∞.
 */
export function contrastRow(
  similarities: Float64Array,
  {
    isPositive,
    temperature,
    scale,
  }: { readonly isPositive: (j: number) => boolean; readonly temperature: number; readonly scale: number },
): number {
  let [positives, loss] = [0, 0];
  for (let j = 0; j < similarities.length; j++) {
    if (isPositive(j)) positives += 1;
    similarities[j] = (similarities[j] ?? 0) / temperature;
  }
  if (positives === 0) {
    similarities.fill(0);
    return 0;
  }
  const logSum = logSumExp(similarities);
  for (let j = 0; j < similarities.length; j++) {
    const logProbability = (similarities[j] ?? 0) - logSum;
    const share = isPositive(j) ? 1 / positives : 0;
    if (share > 0) loss -= share * logProbability;
    similarities[j] = scale * (Math.exp(logProbability) - share);
  }
  return loss;
}
