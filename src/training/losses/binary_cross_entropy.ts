import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** Which outputs count, and how much. */
export interface CountedOutputs {
  /** Class ids below C. Default: all. */
  readonly columns?: Iterable<number>;
  /** [B, C], multiplies each output's part. Default: 1. */
  readonly elementWeights?: Float32Array | undefined;
}

/**
 * Binary cross-entropy of sigmoid(output) with targets from 0 to 1: the mean over the rows and the columns that count.
 * @param output Logits [B, C].
 * @param targets [B, C]; only the columns that count are read. Borrowed.
 */
export function evaluateBinaryCrossEntropy(
  output: HostTensor,
  targets: Float32Array,
  { columns, elementWeights }: CountedOutputs = {},
): LossAndGradient {
  const [rows, width] = matrixShape(output.shape);
  const counted = [...(columns ?? Array(width).keys())];
  const scale = 1 / (rows * counted.length);
  const dOutput = new Float32Array(output.data.length);
  const losses = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let loss = 0;
    for (const column of counted) {
      const at = row * width + column;
      const z = output.data[at] ?? 0;
      const target = targets[at] ?? 0;
      // −t ln σ(z) − (1 − t) ln(1 − σ(z)), so written that nothing overflows.
      const weight = elementWeights?.[at] ?? 1;
      loss += weight * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))));
      dOutput[at] = scale * weight * (sigmoid(z) - target);
    }
    losses[row] = loss / counted.length;
  }
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / rows, dOutput, losses };
}

/** 1 / (1 + e⁻ᶻ). */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
