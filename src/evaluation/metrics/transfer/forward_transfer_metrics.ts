import { assertOptions } from "../../../core/options/assert_options.ts";
import { findSharedPlaces, type Lineage, listLineage } from "../../../streams/lineage.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createExperienceKey, createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { parseLineage, TrainedExperiences } from "../../trained_experiences.ts";
import { Accuracy } from "../accuracy/accuracy.ts";
import { Mean } from "../mean.ts";
import { parseRecord } from "../saved_state.ts";
import { TRANSFER_METRICS_RULES, type TransferMetricsOptions } from "./forgetting_metrics.ts";
import { ForwardTransfer } from "./forward_transfer.ts";
import { listStreams } from "./transfer_metric.ts";

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
  readonly #emitAt: "experience" | "stream";
  readonly #accuracy = new Accuracy();
  readonly #byStream = new Map<string, ForwardTransfer>();
  readonly #trained = new TrainedExperiences();
  #lastTrained: Lineage | null = null;

  constructor(name: string, emitAt: "experience" | "stream") {
    this.name = name;
    this.#emitAt = emitAt;
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#lastTrained = listLineage(strategy.experience);
    this.#trained.add(strategy.experience);
  }

  beforeEvalExp(): undefined {
    this.#accuracy.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const { experience } = strategy;
    const { currentExperience, originStream } = experience;
    const measure = this.#measureOf(originStream.name);
    if (this.#lastTrained === null) measure.updateInitial(currentExperience, this.#accuracy.result());
    else if (isNext(this.#lastTrained, listLineage(experience)) && !this.#trained.has(experience)) {
      measure.updatePrevious(currentExperience, this.#accuracy.result());
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

  save(): unknown {
    const byStream = Object.fromEntries([...this.#byStream].map(([stream, measure]) => [stream, measure.save()]));
    const trained = this.#trained.save();
    return { lastTrained: this.#lastTrained, trained, accuracy: this.#accuracy.save(), byStream };
  }

  restore(state: unknown): void {
    const act = `the saved state of ${this.name}`;
    const { lastTrained, trained, accuracy, byStream } = parseRecord(act, state);
    this.#lastTrained = parseLineage(act, lastTrained);
    this.#trained.restore(act, trained);
    this.#accuracy.restore(accuracy);
    this.#byStream.clear();
    for (const [stream, saved] of Object.entries(parseRecord(act, byStream))) this.#measureOf(stream).restore(saved);
  }

  #measureOf(streamName: string): ForwardTransfer {
    let measure = this.#byStream.get(streamName);
    if (!measure) {
      measure = new ForwardTransfer();
      this.#byStream.set(streamName, measure);
    }
    return measure;
  }
}

/** True where an evaluated experience is the one after the experience trained last. */
function isNext(trained: Lineage, evaluated: Lineage): boolean {
  const [place, other] = findSharedPlaces(trained, evaluated) ?? [];
  return place !== undefined && other?.number === place.number + 1;
}
