import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { assertSameLength } from "../../core/vector.ts";

/**
 * What several experts say together: ln maxₑ softmax(logitsₑ), element by element, [B, C]. The softmax of the result
 * are those probabilities, brought to a sum of 1. The caller owns it.
 * @param first Logits [B, C] of one expert, and `second` of the other.
 * @throws {RangeError} If they have not the same number of elements.
 * @see Gao et al. 2023, A Unified Continual Learning Framework with General Parameter-Efficient Tuning,
 * arXiv:2303.10070
 */
export function joinExperts(first: HostTensor, second: HostTensor): HostTensor {
  assertSameLength("Cannot join what experts say", first.data, second.data);
  const [rows, columns] = matrixShape(first.shape);
  const joined = new Float32Array(first.data.length);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * columns, (row + 1) * columns];
    const sums = [first, second].map(({ data }) => logSumExp(data.subarray(start, end)));
    for (let at = start; at < end; at++) {
      joined[at] = Math.max((first.data[at] ?? 0) - (sums[0] ?? 0), (second.data[at] ?? 0) - (sums[1] ?? 0));
    }
  }
  return { data: joined, shape: first.shape };
}
