import { findOrCreate } from "../../../core/find_or_create.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, listOf, text } from "../../../core/options/value_rules.ts";
import {
  declareState,
  flag as flagField,
  list,
  made,
  mapByName,
  text as textField,
} from "../../../core/state/state.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { AverageMeanClassAccuracy } from "./average_mean_class_accuracy.ts";
import type { TrackedClasses } from "./class_accuracy.ts";
import { TRACKED_CLASSES_RULE } from "./class_accuracy.ts";

/** What the average mean class accuracy is taken over. */
export interface AmcaMetricsOptions {
  /** Names of the streams that are followed. Default: the test stream. */
  readonly streams?: readonly string[];
  /** Only these classes, by task label. Default: all that are met. */
  readonly classes?: TrackedClasses;
  /** False counts evaluations in the middle of training, too. Default: true. */
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
  readonly #state = declareState("Top1_AMCA_Stream", {
    isInTraining: flagField(),
    byStream: mapByName(made(() => new AverageMeanClassAccuracy(this.#options.classes))),
    /** Streams of the running evaluation. */
    evaluated: list(textField()),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  constructor(options: AmcaMetricsOptions) {
    this.#options = options;
  }

  beforeTraining(): undefined {
    this.#state.isInTraining = true;
  }

  afterTraining(): undefined {
    this.#state.isInTraining = false;
  }

  beforeEval(): undefined {
    this.#state.evaluated = [];
  }

  afterEvalIteration({ experience, mbOutput, mbY, mbTaskId }: EvaluatedStrategy): undefined {
    const { streams = ["test"], ignoreValidation = true } = this.#options;
    const { name } = experience.originStream;
    if ((this.#state.isInTraining && ignoreValidation) || !streams.includes(name)) return;
    const measure = this.#measureOf(name);
    if (!this.#state.evaluated.includes(name)) {
      measure.finishEvaluation();
      this.#state.evaluated.push(name);
    }
    measure.update(mbOutput, mbY, mbTaskId);
  }

  afterEval(): MetricReading[] | undefined {
    return this.#state.evaluated.flatMap((stream) =>
      [...this.#measureOf(stream).result()].map(([task, value]) => ({
        key: `${this.name}/${stream}_stream/Task${String(task).padStart(3, "0")}`,
        value,
      })),
    );
  }

  #measureOf(stream: string): AverageMeanClassAccuracy {
    return findOrCreate(this.#state.byStream, stream, () => new AverageMeanClassAccuracy(this.#options.classes));
  }
}
