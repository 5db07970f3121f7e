import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, oneOf } from "../../../core/options/value_rules.ts";
import { count, declareState, mapById } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import { createReportingMetric, type EvalSpan, type PluginMetric, type TrainSpan } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";

/** Pairs of a class id and how many samples of it there were, by ascending class. */
export type LabelCounts = readonly (readonly [number, number])[];

/** How many samples of each class were met, the samples of each task label apart. */
export class LabelsRepartition implements Metric<ReadonlyMap<number, LabelCounts>> {
  readonly #state = declareState("counts of labels", { counts: mapById(mapById(count())) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Counts a minibatch: class ids `y` and task labels [B], both borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(y: Int32Array, taskLabels: Int32Array): void {
    if (taskLabels.length !== y.length) {
      throw new RangeRefusal(needs("the count of labels", `${y.length} task labels`, taskLabels.length));
    }
    for (const [i, label] of y.entries()) {
      const counts = findOrCreate(this.#state.counts, elementAt(taskLabels, i), () => new Map<number, number>());
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }

  /** By task label, ascending. */
  result(): ReadonlyMap<number, LabelCounts> {
    const tasks = [...this.#state.counts].sort(([a], [b]) => a - b);
    return new Map(tasks.map(([task, counts]) => [task, [...counts].sort(([a], [b]) => a - b)]));
  }
}

/** When to count labels. */
export interface LabelsRepartitionMetricsOptions {
  /** Default: true. */
  readonly onTrain?: boolean;
  /**
   * The span over which training counts. Default: an epoch. Longer ones count each experience's first epoch alone.
   */
  readonly emitTrainAt?: Exclude<TrainSpan, "iteration">;
  /** Default: false. */
  readonly onEval?: boolean;
  /** The span over which evaluation counts. Default: the stream. */
  readonly emitEvalAt?: Exclude<EvalSpan, "iteration">;
}

const LABELS_REPARTITION_METRICS_RULES: OptionRules<LabelsRepartitionMetricsOptions> = {
  onTrain: flag(),
  emitTrainAt: oneOf(["epoch", "experience", "stream"]),
  onEval: flag(),
  emitEvalAt: oneOf(["experience", "stream"]),
};

/**
 * How many samples of each class went through the model, replayed ones included, the samples of each task label apart:
 * `Repartition/train_phase/train_stream/Task_000`, `Repartition/eval_phase/…`. A value holds the counts of its own
 * span, where Avalanche draws the history of all.
 */
export function labelsRepartitionMetrics(options: LabelsRepartitionMetricsOptions = {}): PluginMetric[] {
  assertOptions("labelsRepartitionMetrics", options, LABELS_REPARTITION_METRICS_RULES);
  const { onTrain = true, emitTrainAt = "epoch", onEval = false, emitEvalAt = "stream" } = options;
  return [...(onEval ? [createEvalMetric(emitEvalAt)] : []), ...(onTrain ? [createTrainMetric(emitTrainAt)] : [])];
}

function createTrainMetric(span: Exclude<TrainSpan, "iteration">): PluginMetric {
  const metric = new LabelsRepartition();
  return createReportingMetric({
    name: "Repartition/train",
    metric,
    targets: CLASSES_ONLY,
    update: ({ clock, mbY, mbTaskId }) => {
      if (span === "epoch" || clock.trainExpEpochs === 0) metric.update(mbY, mbTaskId);
    },
    mode: "train",
    resetAt: span,
    emitAt: span,
    report: listReadings,
  });
}

function createEvalMetric(span: Exclude<EvalSpan, "iteration">): PluginMetric {
  const metric = new LabelsRepartition();
  return createReportingMetric({
    name: "Repartition/eval",
    metric,
    targets: CLASSES_ONLY,
    update: ({ mbY, mbTaskId }) => metric.update(mbY, mbTaskId),
    mode: "eval",
    resetAt: span,
    emitAt: span,
    report: listReadings,
  });
}

function listReadings(
  byTask: ReadonlyMap<number, LabelCounts>,
  { experience, isTraining }: EvaluatedStrategy,
): MetricReading[] {
  const phase = isTraining ? "train" : "eval";
  return [...byTask].map(([task, counts]) => ({
    // Spelled "Task_000", as Avalanche does for this metric alone.
    key: `Repartition/${phase}_phase/${experience.originStream.name}_stream/Task_${String(task).padStart(3, "0")}`,
    value: { kind: "counts", counts },
  }));
}
