import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, listOf, text } from "../../../core/options/value_rules.ts";
import {
  declareState,
  flag as flagField,
  list,
  made,
  mapById,
  mapByName,
  number,
  text as textField,
} from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { ClassAccuracy, TRACKED_CLASSES_RULE, type TrackedClasses } from "./class_accuracy.ts";

/**
 * AMCA: the mean over evaluations of the mean over classes of their accuracy, by task label. Every class weighs the
 * same, however many samples it has. An evaluation in which a task had no sample does not count for it.
 */
export class AverageMeanClassAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #state;
  readonly save = () => this.#state.save();
  readonly restore = (saved: unknown) => this.#state.restore(saved);
  readonly reset = () => this.#state.reset();

  /** @param tracked Only these classes are counted, from the start. Default: every class that is met. */
  constructor(tracked?: TrackedClasses) {
    this.#state = declareState("an average mean class accuracy", {
      current: made(() => new ClassAccuracy(tracked)),
      /** Mean class accuracies of the evaluations before this one. */
      finished: mapById(list(number())),
    });
  }

  /**
   * Counts a minibatch of the current evaluation: `logits` [B, C], class ids `y` and task labels [B], all borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array): void {
    this.#state.current.update(logits, y, taskLabels);
  }

  /** Keeps what the current evaluation came to and starts a new one. */
  finishEvaluation(): void {
    for (const [task, accuracy] of this.#listCurrent()) {
      this.#state.finished.set(task, [...(this.#state.finished.get(task) ?? []), accuracy]);
    }
    this.#state.current.reset();
  }

  /** By task label, the current evaluation included. */
  result(): ReadonlyMap<number, number> {
    const current = new Map(this.#listCurrent());
    const tasks = [...new Set([...this.#state.finished.keys(), ...current.keys()])].sort((a, b) => a - b);
    return new Map(
      tasks.map((task) => {
        const now = current.get(task);
        return [task, average([...(this.#state.finished.get(task) ?? []), ...(now === undefined ? [] : [now])])];
      }),
    );
  }

  #listCurrent(): [number, number][] {
    return [...this.#state.current.result()].map(([task, classes]) => [task, average([...classes.values()])]);
  }
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

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
  readonly targets = CLASSES_ONLY;
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
