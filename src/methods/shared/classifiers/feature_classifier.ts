import { elementAt } from "../../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../../core/host_tensor.ts";
import type { SavedState } from "../../../core/saved_state.ts";
import type { HeadForm } from "../../../onnx/export/head_form.ts";
import { type ScoringHead, UNKNOWN_MARGIN } from "../../../onnx/export/prediction_head.ts";

/** Features [N, F] of samples, by class id. */
export type FeaturesByClass = ReadonlyMap<number, HostTensor>;

/** Recognises classes by the features of samples of each. */
export interface FeatureClassifier {
  /** The ids of the classes that it knows. */
  readonly classes: readonly number[];
  /** Learns classes from these samples alone; what was known of them is forgotten, other classes stay. */
  learn(features: FeaturesByClass): void;
  /** Takes in more samples of classes, known or new. */
  add(features: FeaturesByClass): void;
  /**
   * Scores [N, width] of features [N, F], the largest for the class recognised. A class of which nothing is known
   * scores `UNKNOWN_MARGIN` below the least of those known. The caller owns the result.
   */
  score(features: HostTensor, width: number): HostTensor;
  /** The same scores for an exported model, of a layer's features; undefined while no class is known. */
  describeHead(layerName: string): ScoringHead | undefined;
  /** What that head will be, before anything is learnt. */
  describeForm(layerName: string): HeadForm;
  /** All that `restore` needs. */
  save(): SavedState;
  restore(saved: unknown): void;
}

/**
 * Scores rows one by one: fills what `scoreRow` says of the known classes, and puts the others below them.
 * @param scoreRow Gives the scores of `ids` for one row, the one of that index, into its second argument.
 */
export function scoreRows(
  { data, shape }: HostTensor,
  { width, ids }: { readonly width: number; readonly ids: readonly number[] },
  scoreRow: (row: Float32Array, scores: Float64Array, index: number) => void,
): HostTensor {
  const [rows, features] = matrixShape(shape);
  const columns = Math.max(width, ...ids.map((id) => id + 1));
  const result = new Float32Array(rows * columns);
  const scores = new Float64Array(ids.length);
  for (let row = 0; row < rows; row++) {
    scoreRow(data.subarray(row * features, (row + 1) * features), scores, row);
    const least = ids.length > 0 ? Math.min(...scores) : 0;
    result.fill(least - UNKNOWN_MARGIN, row * columns, (row + 1) * columns);
    for (const [i, id] of ids.entries()) result[row * columns + id] = elementAt(scores, i);
  }
  return { data: result, shape: [rows, columns] };
}

/** The Euclidean length of a vector; 1 for a vector of zeros, so that it can be divided by. */
export function measureLength(vector: Float32Array | Float64Array): number {
  let square = 0;
  for (let i = 0; i < vector.length; i++) square += (vector[i] ?? 0) ** 2;
  return Math.sqrt(square) || 1;
}
