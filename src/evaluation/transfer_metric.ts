import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { FedMetric } from "./metric_family.ts";
import { createExperienceKey, createMetricKey } from "./metric_key.ts";
import type { MetricReading } from "./metric_value.ts";
import { Accuracy } from "./metrics/accuracy.ts";
import { Mean } from "./metrics/mean.ts";
import type { Metric } from "./metrics/metric.ts";
import { parseOptionalNumber, parseRecord } from "./metrics/saved_state.ts";
import type { PluginMetric } from "./plugin_metric.ts";

/** How a value by experience changed since the experience was learned. */
export interface TransferMeasure extends Metric<ReadonlyMap<number, number>> {
  /** An experience's training begins. */
  beginExperience?(): void;
  /** Takes what `key` is worth while it is the experience trained last. */
  updateInitial(key: number, value: number): void;
  /** Takes what any other `key` is worth. */
  updateLast(key: number, value: number): void;
  /** The change of one key; undefined where it is not known. */
  resultOf(key: number): number | undefined;
  /** A new evaluation starts. */
  resetLast(): void;
}

/** What the change of accuracy since an experience was learned is called, and when it is reported. */
export interface TransferMetricDefinition {
  readonly name: string;
  /** Makes the measure for one stream. */
  readonly createMeasure: () => TransferMeasure;
  /** What an experience is worth; accuracy if left out. */
  readonly value?: Pick<FedMetric, "metric" | "update">;
  readonly emitAt: "experience" | "stream";
}

/**
 * Measures how the accuracy (or another value) of each evaluated experience changed since it was learned: its value at
 * the latest evaluation while it was the experience trained last, against its value now. The experience trained last is
 * left out; a stream value is the plain mean over the others that are evaluated now, and 0 if there are none.
 *
 * Streams are kept apart, where Avalanche mixes their values: an evaluation on training data (the default of periodic
 * evaluation) must not stand for what was learned on the test stream.
 */
export class TransferMetric implements PluginMetric {
  readonly name: string;
  readonly #definition: TransferMetricDefinition;
  readonly #value: Pick<FedMetric, "metric" | "update">;
  readonly #byStream = new Map<string, TransferMeasure>();
  #lastTrained: number | null = null;

  constructor(definition: TransferMetricDefinition) {
    this.name = definition.name;
    this.#definition = definition;
    this.#value = definition.value ?? measureAccuracy();
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    this.#lastTrained = strategy.experience.currentExperience;
    for (const measure of this.#byStream.values()) measure.beginExperience?.();
  }

  beforeEval(): undefined {
    for (const measure of this.#byStream.values()) measure.resetLast();
  }

  beforeEvalExp(): undefined {
    this.#value.metric.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#value.update(strategy);
  }

  afterEvalExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const { currentExperience, originStream } = strategy.experience;
    const measure = this.#measureOf(originStream.name);
    const worth = this.#value.metric.result();
    if (currentExperience === this.#lastTrained) measure.updateInitial(currentExperience, worth);
    else measure.updateLast(currentExperience, worth);
    const value = measure.resultOf(currentExperience);
    if (this.#definition.emitAt !== "experience" || value === undefined) return undefined;
    return [{ key: createExperienceKey(this.name, strategy, { withExperience: true }), value }];
  }

  afterEval(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    if (this.#definition.emitAt !== "stream") return undefined;
    const streamName = strategy.experience.originStream.name;
    const mean = new Mean();
    for (const value of this.#measureOf(streamName).result().values()) mean.update(value);
    return [{ key: createMetricKey({ name: this.name, phase: "eval", streamName }), value: mean.result() }];
  }

  save(): unknown {
    const byStream = Object.fromEntries([...this.#byStream].map(([stream, measure]) => [stream, measure.save()]));
    return { lastTrained: this.#lastTrained, accuracy: this.#value.metric.save(), byStream };
  }

  restore(state: unknown): void {
    const act = `restore ${this.name}`;
    const { lastTrained, accuracy, byStream } = parseRecord(act, state);
    this.#lastTrained = parseOptionalNumber(act, lastTrained);
    this.#value.metric.restore(accuracy);
    this.#byStream.clear();
    for (const [stream, saved] of Object.entries(parseRecord(act, byStream))) this.#measureOf(stream).restore(saved);
  }

  #measureOf(streamName: string): TransferMeasure {
    let measure = this.#byStream.get(streamName);
    if (!measure) {
      measure = this.#definition.createMeasure();
      if (this.#lastTrained !== null) measure.beginExperience?.();
      this.#byStream.set(streamName, measure);
    }
    return measure;
  }
}

function measureAccuracy(): Pick<FedMetric, "metric" | "update"> {
  const metric = new Accuracy();
  return { metric, update: ({ mbOutput, mbY }) => metric.update(mbOutput, mbY) };
}
