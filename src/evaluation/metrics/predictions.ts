import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";

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
  const classes = readClassCount("count correct predictions", logits, y);
  let correct = 0;
  for (let row = 0; row < y.length; row++) {
    const start = row * classes;
    if (findLargest(logits.data, start, start + classes) === start + (y[row] ?? -1)) correct += 1;
  }
  return correct;
}

/**
 * How many rows of `logits` [B, C] have their class in `y` [B] among the k largest; of equal logits the one of the
 * lower class is the larger. A row that holds NaN counts as wrong.
 * @throws {RangeError} If there is not one row a label.
 */
export function countInTopK(logits: HostTensor, y: Int32Array, k: number): number {
  const classes = readClassCount("count predictions among the largest", logits, y);
  let correct = 0;
  for (let row = 0; row < y.length; row++) {
    const rank = findRank(logits.data.subarray(row * classes, (row + 1) * classes), elementAt(y, row));
    if (rank >= 0 && rank < k) correct += 1;
  }
  return correct;
}

/**
 * The class that each row of `logits` [B, C] is largest at, −1 where the row holds NaN. The caller owns the result [B].
 * @throws {RangeError} If there is not one row a label.
 */
export function predictClasses(logits: HostTensor, y: Int32Array): Int32Array {
  const classes = readClassCount("predict classes", logits, y);
  const predicted = new Int32Array(y.length);
  for (let row = 0; row < predicted.length; row++) {
    const start = row * classes;
    predicted[row] = Math.max(-1, findLargest(logits.data, start, start + classes) - start);
  }
  return predicted;
}

/**
 * C of `logits` [B, C].
 * @throws {RangeError} If there is not one row for each label of `y` [B].
 */
export function readClassCount(act: string, logits: HostTensor, y: Int32Array): number {
  const [rows, classes] = matrixShape(logits.shape);
  if (logits.shape.length === 2 && rows === y.length) return classes;
  throw new RangeRefusal(needs(act, `logits of shape [${y.length}, classes]`, logits.shape));
}

/** How many of a row's logits are larger than the one of `label`; −1 where there is NaN or no such class. */
function findRank(row: Float32Array, label: number): number {
  const own = row[label] ?? Number.NaN;
  if (Number.isNaN(own)) return -1;
  let rank = 0;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? 0;
    if (Number.isNaN(value)) return -1;
    if (value > own || (value === own && i < label)) rank += 1;
  }
  return rank;
}
