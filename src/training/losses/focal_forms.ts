import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { ElementLoss } from "./element_losses.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/**
 * −α_y (1 − p_y)^γ ln p_y with p = softmax(output): the mean over the rows.
 * @param output Logits [B, C].
 * @param y Class ids [B].
 */
export function evaluateFocal(
  output: HostTensor,
  y: Int32Array,
  { gamma, classWeights }: { readonly gamma: number; readonly classWeights: Float64Array | undefined },
): LossAndGradient {
  const [rows, width] = matrixShape(output.shape);
  const dOutput = new Float32Array(output.data.length);
  const losses = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const logits = output.data.subarray(row * width, (row + 1) * width);
    const target = y[row] ?? 0;
    const weight = classWeights?.[target] ?? 1;
    const logSum = logSumExp(logits);
    const chances = Array.from(logits, (z) => Math.exp(z - logSum));
    // The sum of the others keeps its digits, where 1 − p loses them.
    const doubt = chances.reduce((sum, chance, c) => (c === target ? sum : sum + chance), 0);
    const logChance = (logits[target] ?? 0) - logSum;
    const power = doubt ** gamma;
    // Where nothing is left to doubt, −ln p is as small as it.
    const ratio = doubt > 0 ? -logChance / doubt : 1;
    const slope = weight * power * (1 + gamma * (chances[target] ?? 0) * ratio);
    losses[row] = -weight * power * logChance;
    for (const [c, chance] of chances.entries()) {
      dOutput[row * width + c] = (slope * (c === target ? -doubt : chance)) / rows;
    }
  }
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / rows, dOutput, losses };
}

/** −t (1 − p)^γ ln p − (1 − t) p^γ ln(1 − p) with p = σ(z): what is lost at one output. */
export function focalSide(gamma: number): ElementLoss {
  const lose = (u: number) => Math.exp(-gamma * softplus(u)) * softplus(-u);
  const descend = (u: number) => {
    const doubt = Math.exp(-softplus(u));
    return doubt ** gamma * (gamma * (1 - doubt) * softplus(-u) + doubt);
  };
  return {
    lose: (z, target) => target * lose(z) + (1 - target) * lose(-z),
    differentiate: (z, target) => (1 - target) * descend(-z) - target * descend(z),
  };
}

/** ln(1 + eᶻ) */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}
