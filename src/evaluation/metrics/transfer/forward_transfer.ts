import { findOrCreate } from "../../../core/find_or_create.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { declareState, made, mapById, mapByName, number, optional, part } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import { findSharedPlaces, type Lineage, listLineage } from "../../../streams/lineage.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createExperienceKey, createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { LINEAGE, TrainedExperiences } from "../../trained_experiences.ts";
import { Accuracy } from "../accuracy/accuracy.ts";
import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";
import { TRANSFER_METRICS_RULES, type TransferMetricsOptions } from "./forgetting_metrics.ts";
import { listStreams } from "./transfer_metric.ts";

/**
 * How much better than an untrained model a learner is at an experience before it is trained on it: the value after the
 * experience before, minus the value before any training, by key (the number of the experience).
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class ForwardTransfer implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("forward transfer", { initial: mapById(number()), previous: mapById(number()) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Takes `value` as what `key` was worth before any training; a later call changes nothing. */
  updateInitial(key: number, value: number): void {
    if (!this.#state.initial.has(key)) this.#state.initial.set(key, value);
  }

  /** Takes `value` as what `key` is worth after the experience before it; a later call replaces it. */
  updatePrevious(key: number, value: number): void {
    this.#state.previous.set(key, value);
  }

  /** The transfer to one key; undefined unless it has both values. */
  resultOf(key: number): number | undefined {
    const initial = this.#state.initial.get(key);
    const previous = this.#state.previous.get(key);
    return initial === undefined || previous === undefined ? undefined : previous - initial;
  }

  /** The transfer to every key that has both values. */
  result(): ReadonlyMap<number, number> {
    const results = new Map<number, number>();
    for (const key of this.#state.previous.keys()) {
      const transfer = this.resultOf(key);
      if (transfer !== undefined) results.set(key, transfer);
    }
    return results;
  }
}

/**
 * `ExperienceForwardTransfer` and `StreamForwardTransfer`: accuracy on an experience after the one numbered before it
 * was trained, minus accuracy before any training. It needs an evaluation of the whole stream before the first training
 * (`evalEvery` of at least 0, or a call of `eval`) and one after each experience; what has no two values is not
 * reported, where Avalanche stops. The stream's value is the plain mean over what is known so far. Streams are kept
 * apart. Training on pieces of an experience is training on that experience. What was trained already has no transfer
 * to come: it keeps the value from before, where Avalanche takes another when the experience before is trained again.
 */
export function forwardTransferMetrics(options: TransferMetricsOptions): PluginMetric[] {
  assertOptions("forwardTransferMetrics", options, TRANSFER_METRICS_RULES);
  const { experience, stream } = options;
  const metrics: PluginMetric[] = [];
  if (experience) metrics.push(new ForwardTransferMetric("ExperienceForwardTransfer", "experience"));
  if (stream) metrics.push(new ForwardTransferMetric("StreamForwardTransfer", "stream"));
  return metrics;
}

class ForwardTransferMetric implements PluginMetric {
  readonly name: string;
  readonly targets = CLASSES_ONLY;
  readonly #emitAt: "experience" | "stream";
  readonly #state = declareState("a forward transfer", {
    lastTrained: optional(LINEAGE),
    trained: part(new TrainedExperiences()),
    accuracy: part(new Accuracy()),
    byStream: mapByName(made(() => new ForwardTransfer())),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  constructor(name: string, emitAt: "experience" | "stream") {
    this.name = name;
    this.#emitAt = emitAt;
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#state.lastTrained = listLineage(strategy.experience);
    this.#state.trained.add(strategy.experience);
  }

  beforeEvalExp(): undefined {
    this.#state.accuracy.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#state.accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const { experience } = strategy;
    const { currentExperience, originStream } = experience;
    const { lastTrained, trained, accuracy } = this.#state;
    const measure = this.#measureOf(originStream.name);
    if (lastTrained === undefined) measure.updateInitial(currentExperience, accuracy.result());
    else if (isNext(lastTrained, listLineage(experience)) && !trained.has(experience)) {
      measure.updatePrevious(currentExperience, accuracy.result());
    }
    const value = measure.resultOf(currentExperience);
    if (this.#emitAt !== "experience" || value === undefined) return undefined;
    return [{ key: createExperienceKey(this.name, strategy, { withExperience: true }), value }];
  }

  afterEval({ currentEvalStream }: EvaluatedStrategy): MetricReading[] | undefined {
    if (this.#emitAt !== "stream") return undefined;
    return listStreams(currentEvalStream).flatMap(({ originStream: { name: streamName } }) => {
      const transfers = this.#measureOf(streamName).result();
      if (transfers.size === 0) return [];
      const mean = new Mean();
      for (const value of transfers.values()) mean.update(value);
      return [{ key: createMetricKey({ name: this.name, phase: "eval", streamName }), value: mean.result() }];
    });
  }

  #measureOf(streamName: string): ForwardTransfer {
    return findOrCreate(this.#state.byStream, streamName, () => new ForwardTransfer());
  }
}

/** True where an evaluated experience is the one after the experience trained last. */
function isNext(trained: Lineage, evaluated: Lineage): boolean {
  const [place, other] = findSharedPlaces(trained, evaluated) ?? [];
  return place !== undefined && other?.number === place.number + 1;
}
