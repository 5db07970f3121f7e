import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, listOf, text } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { parseRecord } from "../saved_state.ts";
import { AverageMeanClassAccuracy } from "./average_mean_class_accuracy.ts";
import type { TrackedClasses } from "./class_accuracy.ts";
import { TRACKED_CLASSES_RULE } from "./class_accuracy.ts";

/** What the average mean class accuracy is taken over. */
export interface AmcaMetricsOptions {
  /** Names of the streams that are followed; the test stream if left out. */
  readonly streams?: readonly string[];
  /** Only these classes, by task label; all that are met if left out. */
  readonly classes?: TrackedClasses;
  /** False counts evaluations in the middle of training, too; true if left out. */
  readonly ignoreValidation?: boolean;
}

const AMCA_METRICS_RULES: OptionRules<AmcaMetricsOptions> = {
  streams: listOf(text()),
  classes: TRACKED_CLASSES_RULE,
  ignoreValidation: flag(),
};

/**
 * `Top1_AMCA_Stream/test_stream/Task000`: the mean over evaluations of the mean class accuracy, at the end of each.
 * Streams are kept apart. Departs from Avalanche, which counts 0 for a task that an evaluation left out.
 */
export function amcaMetrics(options: AmcaMetricsOptions = {}): PluginMetric[] {
  assertOptions("amcaMetrics", options, AMCA_METRICS_RULES);
  return [new AmcaMetric(options)];
}

class AmcaMetric implements PluginMetric {
  readonly name = "Top1_AMCA_Stream";
  readonly #options: AmcaMetricsOptions;
  readonly #byStream = new Map<string, AverageMeanClassAccuracy>();
  /** Streams of the running evaluation. */
  readonly #evaluated = new Set<string>();
  #isInTraining = false;

  constructor(options: AmcaMetricsOptions) {
    this.#options = options;
  }

  beforeTraining(): undefined {
    this.#isInTraining = true;
  }

  afterTraining(): undefined {
    this.#isInTraining = false;
  }

  beforeEval(): undefined {
    this.#evaluated.clear();
  }

  afterEvalIteration({ experience, mbOutput, mbY, mbTaskId }: EvaluatedStrategy): undefined {
    const { streams = ["test"], ignoreValidation = true } = this.#options;
    const { name } = experience.originStream;
    if ((this.#isInTraining && ignoreValidation) || !streams.includes(name)) return;
    const measure = this.#measureOf(name);
    if (!this.#evaluated.has(name)) measure.finishEvaluation();
    this.#evaluated.add(name);
    measure.update(mbOutput, mbY, mbTaskId);
  }

  afterEval(): MetricReading[] | undefined {
    return [...this.#evaluated].flatMap((stream) =>
      [...this.#measureOf(stream).result()].map(([task, value]) => ({
        key: `${this.name}/${stream}_stream/Task${String(task).padStart(3, "0")}`,
        value,
      })),
    );
  }

  save(): unknown {
    const byStream = Object.fromEntries([...this.#byStream].map(([stream, measure]) => [stream, measure.save()]));
    const evaluated = Object.fromEntries([...this.#evaluated].map((stream) => [stream, 1]));
    return { isInTraining: this.#isInTraining, byStream, evaluated };
  }

  restore(state: unknown): void {
    const act = `the saved state of ${this.name}`;
    const { isInTraining, byStream, evaluated } = parseRecord(act, state);
    this.#isInTraining = isInTraining === true;
    this.#byStream.clear();
    this.#evaluated.clear();
    for (const [stream, saved] of Object.entries(parseRecord(act, byStream))) this.#measureOf(stream).restore(saved);
    for (const stream of Object.keys(parseRecord(act, evaluated))) this.#evaluated.add(stream);
  }

  #measureOf(stream: string): AverageMeanClassAccuracy {
    let measure = this.#byStream.get(stream);
    if (!measure) {
      measure = new AverageMeanClassAccuracy(this.#options.classes);
      this.#byStream.set(stream, measure);
    }
    return measure;
  }
}
