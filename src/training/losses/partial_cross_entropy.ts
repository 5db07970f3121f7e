import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";

/** Which part of a minibatch a cross-entropy is about, and what becomes of it. */
export interface PartialCrossEntropy {
  /** The rows from `start` on, before `end`. Default: all. */
  readonly rows?: { readonly start: number; readonly end: number };
  /** The class ids that compete, the targets among them. Default: all. */
  readonly columns?: ReadonlySet<number>;
  /** What the mean is multiplied by. Default: 1. */
  readonly weight?: number;
  /** [B, C]; the gradient is added to it. */
  readonly dOutput: Float32Array;
}

/**
 * Softmax cross-entropy of some rows over some classes: weight times the mean over the rows. Adds its gradient to
 * `dOutput`.
 * @param output [B, C]
 * @param y Class ids [B].
 * @returns The loss; 0 where there are no rows.
 * @throws {RangeError} If a target is not among the classes that compete.
 */
export function addCrossEntropy(output: HostTensor, y: Int32Array, part: PartialCrossEntropy): number {
  const [batch, classes] = matrixShape(output.shape);
  const { rows = { start: 0, end: batch }, columns, weight = 1, dOutput } = part;
  const competing = columns ? [...columns] : Array.from({ length: classes }, (_, column) => column);
  const scale = rows.end > rows.start ? weight / (rows.end - rows.start) : 0;
  let loss = 0;
  for (let row = rows.start; row < rows.end; row++) {
    const start = row * classes;
    const target = y[row] ?? -1;
    if (target < 0 || target >= classes || (columns && !columns.has(target))) {
      throw new RangeRefusal(needs("the loss", `a class id among ${competing.join(", ")}`, target));
    }
    const logits = competing.map((column) => output.data[start + column] ?? 0);
    const logSum = logSumExp(logits);
    loss += scale * (logSum - (output.data[start + target] ?? 0));
    for (const [i, column] of competing.entries()) {
      const probability = Math.exp((logits[i] ?? 0) - logSum);
      dOutput[start + column] = (dOutput[start + column] ?? 0) + scale * (probability - (column === target ? 1 : 0));
    }
  }
  return loss;
}
