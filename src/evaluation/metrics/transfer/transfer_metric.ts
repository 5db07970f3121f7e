import { findOrCreate } from "../../../core/find_or_create.ts";
import { declareState, list, made, mapByName, optional, part, record, text } from "../../../core/state/state.ts";
import { TARGET_KINDS, type TargetKind } from "../../../data/float_targets.ts";
import type { Experience } from "../../../streams/experience.ts";
import { continuesExperience, isSameExperience, listLineage } from "../../../streams/lineage.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { FedMetric } from "../../metric_family.ts";
import { createExperienceKey, createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { LINEAGE } from "../../trained_experiences.ts";
import { countAccuracy } from "../accuracy/accuracy.ts";
import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";

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
  /** What an experience is worth. Default: accuracy. */
  readonly value?: Pick<FedMetric, "metric" | "update" | "targets">;
  readonly emitAt: "experience" | "stream";
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
  readonly targets: readonly TargetKind[];
  readonly #value: FedMetric;
  readonly #state;
  readonly save = () => this.#state.save();
  readonly restore = (saved: unknown) => this.#state.restore(saved);

  constructor(definition: TransferMetricDefinition) {
    this.name = definition.name;
    this.#definition = definition;
    this.#value = definition.value ?? countAccuracy();
    this.targets = this.#value.targets ?? TARGET_KINDS;
    this.#state = declareState(definition.name, {
      lastTrained: optional(LINEAGE),
      worth: part(this.#value.metric),
      /** The measure of each stream, and the levels on which its experiences stand. */
      byStream: mapByName(record({ levels: list(text()), measure: made(definition.createMeasure) })),
    });
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): undefined {
    const previous = this.#state.lastTrained;
    const next = listLineage(strategy.experience);
    this.#state.lastTrained = next;
    for (const { measure, levels } of this.#state.byStream.values()) {
      if (!previous || !continuesExperience(previous, next, levels)) measure.beginExperience?.();
    }
  }

  beforeEval(): undefined {
    for (const { measure } of this.#state.byStream.values()) measure.resetLast();
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
    if (this.#state.lastTrained && isSameExperience(this.#state.lastTrained, lineage)) {
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

  #measureOf(experience: Experience): TransferMeasure {
    const { name } = experience.originStream;
    const { byStream, lastTrained } = this.#state;
    const followed = findOrCreate(byStream, name, () => {
      const measure = this.#definition.createMeasure();
      if (lastTrained) measure.beginExperience?.();
      return { measure, levels: listLineage(experience).map(({ level }) => level) };
    });
    return followed.measure;
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
