import { assertWholeNumber } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { text } from "../../../core/options/value_rules.ts";
import { count, declareState, list, number, optional, part } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { Accuracy } from "./accuracy.ts";

/**
 * Accuracies by what was trained and what was tested: row r is the state after r + 1 trained experiences, column c is
 * experience c of the test stream. Cells that were never measured are NaN.
 */
export class AccuracyMatrix implements Metric<number[][]> {
  readonly #state = declareState("an accuracy matrix", { rows: list(list(number())) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Sets a cell; the matrix grows as needed.
   * @throws {RangeError} If row or column is not a whole number.
   */
  update(row: number, column: number, accuracy: number): void {
    assertWholeNumber("AccuracyMatrix", "row", row);
    assertWholeNumber("AccuracyMatrix", "column", column);
    const { rows } = this.#state;
    while (rows.length <= row) rows.push([]);
    const cells = rows[row] ?? [];
    while (cells.length < column) cells.push(Number.NaN);
    cells[column] = accuracy;
  }

  /** [trained, tested], all rows of one length. The caller owns the result. */
  result(): number[][] {
    const { rows } = this.#state;
    const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
    return rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(Number.NaN)]);
  }
}

/**
 * `EvalStream/Acc_Matrix`: the whole accuracy matrix after every evaluation of the stream called `streamName`.
 * Row r belongs to the (r + 1)th trained experience, from the start of its training to the start of the next one's, and
 * holds the latest evaluations; column c is experience c of the stream. A piece of an experience has a row of its own.
 * Evaluations before any training are left out.
 * Departs from Avalanche, whose rows count calls of `train` and whose gaps are 0: ours count experiences, gaps are NaN.
 */
export function accuracyMatrixMetrics(options: { readonly streamName?: string } = {}): PluginMetric[] {
  assertOptions("accuracyMatrixMetrics", options, { streamName: text() });
  const { streamName = "test" } = options;
  return [new AccuracyMatrixMetric(streamName)];
}

class AccuracyMatrixMetric implements PluginMetric {
  readonly name = "EvalStream/Acc_Matrix";
  readonly targets = CLASSES_ONLY;
  readonly #streamName: string;
  readonly #state = declareState("the accuracy matrix", {
    row: optional(count()),
    accuracy: part(new Accuracy()),
    matrix: part(new AccuracyMatrix()),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  constructor(streamName: string) {
    this.#streamName = streamName;
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#state.row = strategy.clock.trainExpCounter;
  }

  beforeEvalExp(): undefined {
    this.#state.accuracy.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#state.accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: EvaluatedStrategy): undefined {
    const { experience } = strategy;
    const { row, accuracy, matrix } = this.#state;
    if (row === undefined || experience.originStream.name !== this.#streamName) return;
    matrix.update(row, experience.currentExperience, accuracy.result());
  }

  afterEval(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    if (this.#state.row === undefined || strategy.experience.originStream.name !== this.#streamName) return undefined;
    return [{ key: this.name, value: this.#state.matrix.result() }];
  }
}
