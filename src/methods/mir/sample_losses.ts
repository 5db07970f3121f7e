import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { Criterion } from "../../training/losses/criterion.ts";

/**
 * The criterion's loss of every row by itself: of outputs [B, C] and class ids [B], [B]. The caller owns the result.
 */
export async function computeSampleLosses(
  criterion: Criterion,
  output: HostTensor,
  y: Int32Array,
): Promise<Float64Array> {
  const [, columns] = matrixShape(output.shape);
  const losses = new Float64Array(y.length);
  for (let row = 0; row < y.length; row++) {
    const data = output.data.subarray(row * columns, (row + 1) * columns);
    const { loss } = await criterion.evaluate({ data, shape: [1, columns] }, y.subarray(row, row + 1));
    losses[row] = loss;
  }
  return losses;
}
