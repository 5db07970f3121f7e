import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { TransferMetricsOptions } from "./forgetting_metrics.ts";
import { createExperienceKey, createMetricKey } from "./metric_key.ts";
import type { MetricReading } from "./metric_value.ts";
import { Accuracy } from "./metrics/accuracy.ts";
import { ForwardTransfer } from "./metrics/forward_transfer.ts";
import { Mean } from "./metrics/mean.ts";
import { parseOptionalNumber, parseRecord } from "./metrics/saved_state.ts";
import type { PluginMetric } from "./plugin_metric.ts";

/**
 * `ExperienceForwardTransfer` and `StreamForwardTransfer`: accuracy on an experience after the one before it was
 * trained, minus accuracy before any training. It needs an evaluation of the whole stream before the first training
 * (`evalEvery` of at least 0, or a call of `eval`) and one after each experience; what has no two values is not
 * reported, where Avalanche stops. The stream's value is the plain mean over what is known so far. Streams are kept
 * apart.
 */
export function forwardTransferMetrics({ experience, stream }: TransferMetricsOptions): PluginMetric[] {
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
  #lastTrained: number | null = null;

  constructor(name: string, emitAt: "experience" | "stream") {
    this.name = name;
    this.#emitAt = emitAt;
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#lastTrained = strategy.experience.currentExperience;
  }

  beforeEvalExp(): undefined {
    this.#accuracy.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#accuracy.update(strategy.mbOutput, strategy.mbY);
  }

  afterEvalExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const { currentExperience, originStream } = strategy.experience;
    const measure = this.#measureOf(originStream.name);
    if (this.#lastTrained === null) measure.updateInitial(currentExperience, this.#accuracy.result());
    else if (currentExperience === this.#lastTrained + 1) {
      measure.updatePrevious(currentExperience, this.#accuracy.result());
    }
    const value = measure.resultOf(currentExperience);
    if (this.#emitAt !== "experience" || value === undefined) return undefined;
    return [{ key: createExperienceKey(this.name, strategy, { withExperience: true }), value }];
  }

  afterEval(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const streamName = strategy.experience.originStream.name;
    const transfers = this.#measureOf(streamName).result();
    if (this.#emitAt !== "stream" || transfers.size === 0) return undefined;
    const mean = new Mean();
    for (const value of transfers.values()) mean.update(value);
    return [{ key: createMetricKey({ name: this.name, phase: "eval", streamName }), value: mean.result() }];
  }

  save(): unknown {
    const byStream = Object.fromEntries([...this.#byStream].map(([stream, measure]) => [stream, measure.save()]));
    return { lastTrained: this.#lastTrained, accuracy: this.#accuracy.save(), byStream };
  }

  restore(state: unknown): void {
    const act = `restore ${this.name}`;
    const { lastTrained, accuracy, byStream } = parseRecord(act, state);
    this.#lastTrained = parseOptionalNumber(act, lastTrained);
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
