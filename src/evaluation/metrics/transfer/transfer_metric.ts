import type { Experience } from "../../../streams/experience.ts";
import { continuesExperience, isSameExperience, type Lineage, listLineage } from "../../../streams/lineage.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { FedMetric } from "../../metric_family.ts";
import { createExperienceKey, createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { parseLineage } from "../../trained_experiences.ts";
import { Accuracy } from "../accuracy/accuracy.ts";
import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";
import { parseList, parseRecord } from "../saved_state.ts";

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

/** The measure of one stream. */
interface FollowedStream {
  readonly measure: TransferMeasure;
  /** The levels on which its experiences stand. */
  readonly levels: readonly string[];
}

/**
 * Measures how the accuracy (or another value) of each evaluated experience changed since it was learned: its value at
 * the latest evaluation while it was the experience trained last, against its value now. The experience trained last is
 * left out; a stream value is the plain mean over the others that are evaluated now, and 0 if there are none. Where an
 * evaluation goes over several streams, each has its value.
 *
 * Training on pieces of an experience is training on that experience, until a piece of another one comes: a stream that
 * is cut gives the values of one that is whole, where Avalanche compares the piece's number with the experience's.
 *
 * Streams are kept apart, where Avalanche mixes their values: an evaluation on training data (the default of periodic
 * evaluation) must not stand for what was learned on the test stream.
 */
export class TransferMetric implements PluginMetric {
  readonly name: string;
  readonly #definition: TransferMetricDefinition;
  readonly #value: Pick<FedMetric, "metric" | "update">;
  readonly #byStream = new Map<string, FollowedStream>();
  #lastTrained: Lineage | null = null;

  constructor(definition: TransferMetricDefinition) {
    this.name = definition.name;
    this.#definition = definition;
    this.#value = definition.value ?? measureAccuracy();
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    const previous = this.#lastTrained;
    const next = listLineage(strategy.experience);
    this.#lastTrained = next;
    for (const { measure, levels } of this.#byStream.values()) {
      if (!previous || !continuesExperience(previous, next, levels)) measure.beginExperience?.();
    }
  }

  beforeEval(): undefined {
    for (const { measure } of this.#byStream.values()) measure.resetLast();
  }

  beforeEvalExp(): undefined {
    this.#value.metric.reset();
  }

  afterEvalIteration(strategy: EvaluatedStrategy): undefined {
    this.#value.update(strategy);
  }

  afterEvalExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    const { experience } = strategy;
    const { currentExperience } = experience;
    const measure = this.#measureOf(experience);
    const worth = this.#value.metric.result();
    const lineage = listLineage(experience);
    if (this.#lastTrained && isSameExperience(this.#lastTrained, lineage)) {
      measure.updateInitial(currentExperience, worth);
    } else measure.updateLast(currentExperience, worth);
    const value = measure.resultOf(currentExperience);
    if (this.#definition.emitAt !== "experience" || value === undefined) return undefined;
    return [{ key: createExperienceKey(this.name, strategy, { withExperience: true }), value }];
  }

  afterEval({ currentEvalStream }: EvaluatedStrategy): MetricReading[] | undefined {
    if (this.#definition.emitAt !== "stream") return undefined;
    return listStreams(currentEvalStream).map((first) => {
      const mean = new Mean();
      for (const value of this.#measureOf(first).result().values()) mean.update(value);
      const streamName = first.originStream.name;
      return { key: createMetricKey({ name: this.name, phase: "eval", streamName }), value: mean.result() };
    });
  }

  save(): unknown {
    const byStream = [...this.#byStream].map(([stream, { measure, levels }]) => {
      return [stream, { levels, measure: measure.save() }];
    });
    const accuracy = this.#value.metric.save();
    return { lastTrained: this.#lastTrained, accuracy, byStream: Object.fromEntries(byStream) };
  }

  restore(state: unknown): void {
    const act = `the saved state of ${this.name}`;
    const { lastTrained, accuracy, byStream } = parseRecord(act, state);
    this.#lastTrained = parseLineage(act, lastTrained);
    this.#value.metric.restore(accuracy);
    this.#byStream.clear();
    for (const [stream, saved] of Object.entries(parseRecord(act, byStream))) {
      const { levels, measure: values } = parseRecord(act, saved);
      const measure = this.#definition.createMeasure();
      measure.restore(values);
      this.#byStream.set(stream, { measure, levels: parseList(act, levels).map(String) });
    }
  }

  #measureOf(experience: Experience): TransferMeasure {
    const { name } = experience.originStream;
    const followed = this.#byStream.get(name);
    if (followed) return followed.measure;
    const measure = this.#definition.createMeasure();
    if (this.#lastTrained) measure.beginExperience?.();
    this.#byStream.set(name, { measure, levels: listLineage(experience).map(({ level }) => level) });
    return measure;
  }
}

/** The first experience of each stream among these. */
export function listStreams(experiences: readonly Experience[]): Experience[] {
  const first = new Map<string, Experience>();
  for (const experience of experiences) {
    const { name } = experience.originStream;
    if (!first.has(name)) first.set(name, experience);
  }
  return [...first.values()];
}

function measureAccuracy(): Pick<FedMetric, "metric" | "update"> {
  const metric = new Accuracy();
  return { metric, update: ({ mbOutput, mbY }) => metric.update(mbOutput, mbY) };
}
