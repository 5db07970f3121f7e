import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Criterion } from "../../training/losses/criterion.ts";

/**
 * The criterion's loss of every row by itself: of outputs [B, C] and the samples' targets, [B]. The caller owns the
 * result.
 */
export async function computeSampleLosses(
  criterion: Criterion,
  output: HostTensor,
  { targets, targetValues }: Pick<Dataset, "targets" | "targetValues">,
): Promise<Float64Array> {
  const { losses: known } = await criterion.evaluate(output, targets, targetValues);
  if (known?.length === targets.length) return known;
  const losses = new Float64Array(targets.length);
  for (let row = 0; row < targets.length; row++) {
    const values = targetValues && rowOf(targetValues, row);
    const y = targets.subarray(row, row + 1);
    const { loss } = await criterion.evaluate(rowOf(output, row), y, values);
    losses[row] = loss;
  }
  return losses;
}

function rowOf({ data, shape }: HostTensor, row: number): HostTensor {
  const [, columns] = matrixShape(shape);
  return { data: data.subarray(row * columns, (row + 1) * columns), shape: [1, columns] };
}
