import { formatJSON } from "../../core/errors/printable.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import { toPlainData } from "../metric_data.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/** Metrics by key, as an event tells them. */
export type EventMetrics = Readonly<Record<string, unknown>>;

/** Where an event happened. */
export interface EventPlace {
  /** Training iterations done. */
  readonly step: number;
  readonly stream: string;
  /** A number in the stream. */
  readonly experience: number;
  /** What the experience is called; absent where it has no name. */
  readonly experienceName?: string;
}

/**
 * What happened, as a line of JSON tells it. `epoch` counts from 0, and `metrics` are those reported since the event
 * before.
 */
export type StrategyEvent =
  | { readonly kind: "train-start"; readonly step: number }
  | ({ readonly kind: "experience-start" } & EventPlace)
  | ({ readonly kind: "epoch-end"; readonly epoch: number; readonly metrics: EventMetrics } & EventPlace)
  | ({ readonly kind: "experience-end"; readonly metrics: EventMetrics } & EventPlace)
  | { readonly kind: "train-end"; readonly step: number; readonly metrics: EventMetrics }
  /** With metrics of the training that it interrupts, if there are. */
  | { readonly kind: "eval-start"; readonly step: number; readonly metrics?: EventMetrics }
  | ({ readonly kind: "eval-experience-end"; readonly metrics: EventMetrics } & EventPlace)
  | { readonly kind: "eval-end"; readonly step: number; readonly metrics: EventMetrics };

/** Writes a line of JSON at every start and end, for programs that follow a run. It adds no time. */
export class JSONEventsLogger implements Logger {
  readonly #write: (text: string) => unknown;
  readonly #newest = new Map<string, unknown>();

  /** `write` gets whole lines, each ended by a newline. */
  constructor({ write }: { readonly write: (text: string) => unknown }) {
    this.#write = write;
  }

  logMetrics(values: readonly MetricValue[]): void {
    for (const { key, value } of values) this.#newest.set(key, toPlainData(value));
  }

  beforeTraining({ clock }: EvaluatedStrategy): void {
    this.#tell({ kind: "train-start", step: clock.trainIterations });
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): void {
    this.#tell({ kind: "experience-start", ...locate(strategy) });
  }

  afterTrainingEpoch(strategy: EvaluatedStrategy): void {
    const epoch = strategy.clock.trainExpEpochs;
    this.#tell({ kind: "epoch-end", ...locate(strategy), epoch, metrics: this.#takeMetrics() });
  }

  afterTrainingExp(strategy: EvaluatedStrategy): void {
    this.#tell({ kind: "experience-end", ...locate(strategy), metrics: this.#takeMetrics() });
  }

  afterTraining({ clock }: EvaluatedStrategy): void {
    this.#tell({ kind: "train-end", step: clock.trainIterations, metrics: this.#takeMetrics() });
  }

  beforeEval({ clock }: EvaluatedStrategy): void {
    const metrics = this.#takeMetrics();
    const told = Object.keys(metrics).length > 0 ? { metrics } : {};
    this.#tell({ kind: "eval-start", step: clock.trainIterations, ...told });
  }

  afterEvalExp(strategy: EvaluatedStrategy): void {
    this.#tell({ kind: "eval-experience-end", ...locate(strategy), metrics: this.#takeMetrics() });
  }

  afterEval({ clock }: EvaluatedStrategy): void {
    this.#tell({ kind: "eval-end", step: clock.trainIterations, metrics: this.#takeMetrics() });
  }

  #tell(event: StrategyEvent): void {
    this.#write(formatJSON(event));
  }

  #takeMetrics(): EventMetrics {
    const metrics = Object.fromEntries(this.#newest);
    this.#newest.clear();
    return metrics;
  }
}

function locate({ clock, experience }: EvaluatedStrategy): EventPlace {
  const { originStream, currentExperience, name } = experience;
  const place = { step: clock.trainIterations, stream: originStream.name, experience: currentExperience };
  return { ...place, ...omitUndefined({ experienceName: name }) };
}
