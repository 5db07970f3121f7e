import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { Criterion } from "../../training/losses/criterion.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";

/**
 * The mean squared difference between outputs and those remembered, whatever the labels are: the mean over all entries
 * that are remembered. Computed in the replicas' graph where all are.
 * @param remembered [B, W], rows in the order of the samples; NaN, and columns that came later, are left out. Borrowed.
 * @param outputSize C, the width of the model's output now; at least W.
 */
export function createOutputMatching(remembered: HostTensor, outputSize: number): Criterion {
  const [rows, width] = matrixShape(remembered.shape);
  const evaluate = (output: HostTensor) => matchOutputs(output, remembered);
  if (width !== outputSize || remembered.data.some(Number.isNaN)) return { evaluate };
  const write = (targets: Float32Array, weights: Float32Array) => {
    targets.set(remembered.data);
    weights.fill(1 / rows);
  };
  return { createObjective: () => ({ kind: "mse", write }), evaluate };
}

function matchOutputs(output: HostTensor, remembered: HostTensor): LossAndGradient {
  const [rows, columns] = matrixShape(output.shape);
  const [, width] = matrixShape(remembered.shape);
  const dOutput = new Float32Array(output.data.length);
  let sum = 0;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const target = remembered.data[row * width + column] ?? Number.NaN;
      if (Number.isNaN(target)) continue;
      const difference = (output.data[row * columns + column] ?? 0) - target;
      sum += difference * difference;
      dOutput[row * columns + column] = 2 * difference;
      count += 1;
    }
  }
  const scale = count === 0 ? 0 : 1 / count;
  for (let i = 0; i < dOutput.length; i++) dOutput[i] = scale * (dOutput[i] ?? 0);
  return { loss: scale * sum, dOutput };
}
