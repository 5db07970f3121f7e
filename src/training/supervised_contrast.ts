import type { HostTensor } from "../core/host_tensor.ts";
import type { LossAndGradient } from "./criterion.ts";

/** Rows at length 1, and how long they were. */
export interface UnitRows {
  /** [B, D] in double precision. */
  readonly data: Float64Array;
  /** [B]; 1 for a row of zeros, which stays. */
  readonly lengths: Float64Array;
}

/** Brings every row of embeddings [B, D] to length 1. The caller owns the result. */
export function createUnitRows({ data, shape }: HostTensor): UnitRows {
  const [rows = 0, width = 0] = shape;
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

/** Takes a gradient with respect to unit rows back to the rows themselves: (g − (g·z)z) / length. The caller owns it. */
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
 * The supervised contrastive loss of embeddings: the mean over the rows i of −1/|P(i)| Σ ln (exp(zᵢ·z_p/τ) / Σ exp(zᵢ·z_a/τ)),
 * with z the embeddings at length 1, p the other rows of the same class and a all other rows. A row that is the only one of its
 * class adds nothing.
 * @param output Embeddings [B, D].
 * @param y Class ids [B].
 * @param temperature τ
 * @see Khosla et al. 2020, Supervised Contrastive Learning, arXiv:2004.11362, equation 2
 */
export function evaluateSupervisedContrast(output: HostTensor, y: Int32Array, temperature: number): LossAndGradient {
  const [rows = 0, width = 0] = output.shape;
  const unit = createUnitRows(output);
  const gradient = new Float64Array(unit.data.length);
  const similarities = new Float64Array(rows);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    let positives = -1;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < rows; j++) {
      if (y[i] === y[j]) positives += 1;
      similarities[j] = multiplyRows(unit.data, width, { i, j }) / temperature;
      if (j !== i) largest = Math.max(largest, similarities[j] ?? 0);
    }
    if (positives === 0) continue;
    let total = 0;
    for (let j = 0; j < rows; j++) if (j !== i) total += Math.exp((similarities[j] ?? 0) - largest);
    const logTotal = largest + Math.log(total);
    for (let j = 0; j < rows; j++) {
      if (j === i) continue;
      const logProbability = (similarities[j] ?? 0) - logTotal;
      const share = y[i] === y[j] ? 1 / positives : 0;
      loss -= (share * logProbability) / rows;
      addPair(gradient, unit.data, { i, j, width, factor: (Math.exp(logProbability) - share) / (rows * temperature) });
    }
  }
  return { loss, dOutput: differentiateUnitRows(unit, gradient) };
}

/** zᵢ·zⱼ of rows of `width`. */
function multiplyRows(data: Float64Array, width: number, { i, j }: { readonly i: number; readonly j: number }): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (data[i * width + k] ?? 0) * (data[j * width + k] ?? 0);
  return sum;
}

/** Adds the gradient of factor · zᵢ·zⱼ with respect to both. */
function addPair(
  gradient: Float64Array,
  data: Float64Array,
  { i, j, width, factor }: { readonly i: number; readonly j: number; readonly width: number; readonly factor: number },
): void {
  for (let k = 0; k < width; k++) {
    const [a, b] = [i * width + k, j * width + k];
    gradient[a] = (gradient[a] ?? 0) + factor * (data[b] ?? 0);
    gradient[b] = (gradient[b] ?? 0) + factor * (data[a] ?? 0);
  }
}
