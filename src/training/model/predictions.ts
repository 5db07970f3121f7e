import type { HostTensor } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { TargetKind } from "../../data/float_targets.ts";
import { findLargestColumn } from "../../onnx/export/largest_column.ts";

/**
 * What a strategy says of N samples: the best of C classes, which of C labels a sample has, or C numbers. What does not
 * apply is empty. The caller owns all of it.
 */
export interface Predictions {
  /** What the strategy was trained to predict. */
  readonly kind: TargetKind;
  /** The class ids that score best [N]. */
  readonly classes: Int32Array;
  /** The label of each predicted class [N]; its id where no name is known. */
  readonly names: readonly string[];
  /** The labels that each sample has [N]: those with a probability of a half or more. */
  readonly labels: readonly (readonly string[])[];
  /**
   * Of classes, the softmax of the scores [N, C]: of logits or, where the strategy predicts by class means, of minus
   * the distances. Classes that the head does not score, or that were never trained in a growing head, have 0. Of
   * labels, each one's own probability, the sigmoid of its score.
   */
  readonly probabilities: HostTensor;
  /** What the strategy gives [N, C]: the predicted numbers; the scores of classes or labels. */
  readonly values: HostTensor;
  /** What each of the C columns is: a class, a label or a target; its number where no name is known. */
  readonly columns: readonly string[];
}

/** What a strategy's outputs stand for. */
export interface OutputMeaning {
  readonly kind: TargetKind;
  /** Of classes, labels or targets, as far as they have names. */
  readonly names: readonly string[];
}

/**
 * Says what scores mean.
 * @param rows The scores of each sample. Those of tasks with a head each may differ in length.
 * @param given.width What C is at least.
 */
export function describePredictions(
  rows: ReadonlyMap<number, Float32Array>,
  { kind, names, width: least }: OutputMeaning & { readonly width: number },
): Predictions {
  const width = [...rows.values()].reduce((widest, { length }) => Math.max(widest, length), least);
  const columns = Array.from({ length: width }, (_, column) => names[column] ?? String(column));
  const values = fillRows(rows, width, (scores) => scores, kind === "classes" ? Number.NEGATIVE_INFINITY : 0);
  const nothing = { classes: new Int32Array(0), names: [], labels: [], values, columns };
  switch (kind) {
    case "classes": {
      const probabilities = fillRows(rows, width, softmax);
      const classes = new Int32Array(rows.size);
      for (const [row, scores] of rows) classes[row] = findLargestColumn(scores);
      return {
        ...nothing,
        kind,
        classes,
        names: Array.from(classes, (id) => columns[id] ?? String(id)),
        probabilities,
      };
    }
    case "labels": {
      const probabilities = fillRows(rows, width, sigmoid);
      const labels = Array.from({ length: rows.size }, (_, row) =>
        columns.filter((_, column) => (probabilities.data[row * width + column] ?? 0) >= 0.5),
      );
      return { ...nothing, kind, labels, probabilities };
    }
    case "values":
      return { ...nothing, kind, probabilities: { data: new Float32Array(0), shape: [rows.size, 0] } };
  }
}

function fillRows(
  rows: ReadonlyMap<number, Float32Array>,
  width: number,
  change: (scores: Float32Array) => Float32Array,
  missing = 0,
): HostTensor {
  const data = new Float32Array(rows.size * width).fill(missing);
  for (const [row, scores] of rows) data.set(change(scores), row * width);
  return { data, shape: [rows.size, width] };
}

function softmax(scores: Float32Array): Float32Array {
  const total = logSumExp(scores);
  return scores.map((score) => Math.exp(score - total));
}

function sigmoid(scores: Float32Array): Float32Array {
  return scores.map((score) => 1 / (1 + Math.exp(-score)));
}
