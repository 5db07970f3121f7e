import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { oneOf, wholeNumber } from "../../../core/options/value_rules.ts";
import { converted, count, declareState, list } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import { createMetricKey } from "../../metric_key.ts";
import { createReportingMetric, type PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { predictClasses } from "../predictions.ts";

/** What the counts are divided by: those of the true class (rows), of the predicted class (columns), or all. */
export type ConfusionNormalization = "true" | "pred" | "all";

/** How a confusion matrix is counted. */
export interface ConfusionMatrixOptions {
  /** At least as many rows and columns; it grows to the largest class that is met or predicted. */
  readonly numClasses?: number;
  /** Default: counts stay counts. */
  readonly normalize?: ConfusionNormalization;
}

/** What `ConfusionMatrixOptions` may be. */
const CONFUSION_MATRIX_RULES: OptionRules<ConfusionMatrixOptions> = {
  numClasses: wholeNumber(),
  normalize: oneOf(["true", "pred", "all"]),
};

/** [size, size] */
const COUNTS = converted(list(count()), {
  create: () => new Float64Array(0),
  save: (counts: Float64Array) => [...counts],
  restore: (counts) => Float64Array.from(counts),
});

/**
 * Counts samples by true class (row) and predicted class (column). A sample whose logits hold NaN has no prediction and
 * is left out. Shares of an empty row, column or matrix are 0.
 */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly #options: ConfusionMatrixOptions;
  readonly #state = declareState(
    "a confusion matrix",
    { size: count(), counts: COUNTS },
    {
      check: ({ size, counts }) => {
        if (counts.length === size * size) return;
        throw new RangeRefusal(needs("the saved state of a confusion matrix", `${size ** 2} counts`, counts.length));
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @throws {RangeError} If `numClasses` is not a whole number. */
  constructor(options: ConfusionMatrixOptions = {}) {
    assertOptions("ConfusionMatrix", options, CONFUSION_MATRIX_RULES);
    this.#options = options;
    this.reset();
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    const predicted = predictClasses(logits, y);
    const largest = predicted.reduce(
      (a, b) => Math.max(a, b),
      y.reduce((a, b) => Math.max(a, b), -1),
    );
    if (largest >= this.#state.size) this.#grow(largest + 1);
    for (let i = 0; i < y.length; i++) {
      const column = elementAt(predicted, i);
      if (column < 0) continue;
      const cell = elementAt(y, i) * this.#state.size + column;
      this.#state.counts[cell] = elementAt(this.#state.counts, cell) + 1;
    }
  }

  /** [true, predicted]. The caller owns the result. */
  result(): number[][] {
    const { normalize } = this.#options;
    const rows = this.#listRows();
    if (normalize === undefined) return rows;
    switch (normalize) {
      case "true":
        return rows.map((row) => divide(row, sum(row)));
      case "pred": {
        const totals = rows.map((_, column) => rows.reduce((total, row) => total + elementAt(row, column), 0));
        return rows.map((row) => row.map((count, column) => (count === 0 ? 0 : count / elementAt(totals, column))));
      }
      case "all": {
        const total = sum(rows.map(sum));
        return rows.map((row) => divide(row, total));
      }
    }
  }

  reset(): void {
    this.#state.size = this.#options.numClasses ?? 0;
    this.#state.counts = new Float64Array(this.#state.size * this.#state.size);
  }

  #listRows(): number[][] {
    return Array.from({ length: this.#state.size }, (_, row) => [
      ...this.#state.counts.subarray(row * this.#state.size, (row + 1) * this.#state.size),
    ]);
  }

  #grow(size: number): void {
    const counts = new Float64Array(size * size);
    this.#listRows().forEach((row, i) => {
      counts.set(row, i * size);
    });
    this.#state.size = size;
    this.#state.counts = counts;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function divide(values: readonly number[], divisor: number): number[] {
  return values.map((value) => (divisor === 0 ? 0 : value / divisor));
}

/**
 * `ConfusionMatrix_Stream`: samples of all evaluated experiences by true class (row) and predicted class (column), at
 * the end of every evaluation.
 * @throws {RangeError} If `numClasses` is not a whole number.
 */
export function confusionMatrixMetrics(options: ConfusionMatrixOptions = {}): PluginMetric[] {
  assertOptions("confusionMatrixMetrics", options, CONFUSION_MATRIX_RULES);
  const name = "ConfusionMatrix_Stream";
  const metric = new ConfusionMatrix(options);
  return [
    createReportingMetric({
      name,
      metric,
      targets: CLASSES_ONLY,
      update: ({ mbOutput, mbY }) => metric.update(mbOutput, mbY),
      mode: "eval",
      resetAt: "stream",
      emitAt: "stream",
      report: (value, { experience }) => [
        { key: createMetricKey({ name, phase: "eval", streamName: experience.originStream.name }), value },
      ],
    }),
  ];
}
