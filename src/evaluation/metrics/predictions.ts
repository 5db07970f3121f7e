import { cannot } from "../../core/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";

/** The position of the largest of `values` in [start, end), the lowest of equals; −1 where one of them is NaN. */
export function findLargest(values: Float32Array, start: number, end: number): number {
  let best = start;
  let bestValue = values[start] ?? Number.NaN;
  if (Number.isNaN(bestValue)) return -1;
  for (let i = start + 1; i < end; i++) {
    const value = values[i] ?? 0;
    if (value > bestValue) {
      best = i;
      bestValue = value;
    } else if (Number.isNaN(value)) {
      return -1;
    }
  }
  return best;
}

/**
 * How many rows of `logits` [B, C] are largest at their class in `y` [B]. A row that holds NaN counts as wrong, so
 * that a model which diverged scores 0 and not 1/C.
 * @throws {RangeError} If there is not one row a label.
 */
export function countCorrect(logits: HostTensor, y: Int32Array): number {
  const [rows = 0, classes = 0] = logits.shape;
  if (logits.shape.length !== 2 || rows !== y.length) {
    throw new RangeError(cannot("count correct predictions", `logits of shape [${y.length}, classes]`, logits.shape));
  }
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    if (findLargest(logits.data, start, start + classes) === start + (y[row] ?? 0)) correct += 1;
  }
  return correct;
}
