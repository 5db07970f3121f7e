import { assertOptions } from "../../../core/options/assert_options.ts";
import { text } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { parseOptionalNumber, parseRecord } from "../saved_state.ts";
import { Accuracy } from "./accuracy.ts";
import { AccuracyMatrix } from "./accuracy_matrix.ts";

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
  readonly #streamName: string;
  readonly #accuracy = new Accuracy();
  readonly #matrix = new AccuracyMatrix();
  #row: number | null = null;

  constructor(streamName: string) {
    this.#streamName = streamName;
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#row = strategy.clock.trainExpCounter;
  }

  beforeEvalExp(): undefined {
    this.#accuracy.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: EvaluatedStrategy): undefined {
    const { experience } = strategy;
    if (this.#row === null || experience.originStream.name !== this.#streamName) return;
    this.#matrix.update(this.#row, experience.currentExperience, this.#accuracy.result());
  }

  afterEval(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    if (this.#row === null || strategy.experience.originStream.name !== this.#streamName) return undefined;
    return [{ key: this.name, value: this.#matrix.result() }];
  }

  save(): unknown {
    return { row: this.#row, accuracy: this.#accuracy.save(), matrix: this.#matrix.save() };
  }

  restore(state: unknown): void {
    const act = "the saved state of the accuracy matrix";
    const { row, accuracy, matrix } = parseRecord(act, state);
    this.#row = parseOptionalNumber(act, row);
    this.#accuracy.restore(accuracy);
    this.#matrix.restore(matrix);
  }
}
