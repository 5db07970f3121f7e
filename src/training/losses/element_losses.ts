import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** A loss of one output z by itself, and its derivative in z. */
export interface ElementLoss {
  lose(z: number, target: number): number;
  differentiate(z: number, target: number): number;
}

/**
 * The mean over the rows and the C outputs of a loss of each output.
 * @param output [B, C]
 * @param targets [B, C]. Borrowed.
 */
export function evaluateElements(
  output: HostTensor,
  targets: Float32Array,
  { lose, differentiate, elementWeights }: ElementLoss & { readonly elementWeights?: Float32Array | undefined },
): LossAndGradient {
  const [rows, width] = matrixShape(output.shape);
  const dOutput = new Float32Array(output.data.length);
  const losses = new Float64Array(rows);
  for (let i = 0; i < output.data.length; i++) {
    const [z, target, weight] = [output.data[i] ?? 0, targets[i] ?? 0, elementWeights?.[i] ?? 1];
    const row = Math.floor(i / width);
    losses[row] = (losses[row] ?? 0) + (weight * lose(z, target)) / width;
    dOutput[i] = (weight * differentiate(z, target)) / targets.length;
  }
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / rows, dOutput, losses };
}

/** What ones and zeros among targets weigh, for all outputs or for each [C]. */
export interface SideWeights {
  readonly ones: number | Float64Array;
  readonly zeros: number | Float64Array;
}

/** Replaces targets [B, C] by the weights of their elements: t · ones + (1 − t) · zeros, in place. */
export function replaceByWeights(targets: Float32Array, { ones, zeros }: SideWeights, outputSize: number): void {
  const at = (weights: number | Float64Array, i: number) =>
    typeof weights === "number" ? weights : (weights[i % outputSize] ?? 0);
  for (const [i, target] of targets.entries()) targets[i] = target * at(ones, i) + (1 - target) * at(zeros, i);
}
