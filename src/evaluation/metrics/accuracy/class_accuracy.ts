import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, listOf, recordOf, wholeNumber } from "../../../core/options/value_rules.ts";
import { count, declareState, mapById, record, type ValueOf } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import { createReportingMetric, type MetricSpans, type PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { predictClasses } from "../predictions.ts";

/** Classes to report even before a sample of them was met, by task label. */
export type TrackedClasses = Readonly<Record<number, readonly number[]>>;

/** The rule of an option that names classes by task label. */
export const TRACKED_CLASSES_RULE = recordOf(listOf(wholeNumber()));

/** Accuracy by task label and class id. */
export type AccuracyByClass = ReadonlyMap<number, ReadonlyMap<number, number>>;

const CLASS_COUNT = record({ correct: count(), total: count() });
type ClassCount = ValueOf<typeof CLASS_COUNT>;

/**
 * Accuracy of each class, the samples of each task label apart; tasks and classes ascend. A class without samples is
 * not in the result, unless it is tracked: then it is 0.
 */
export class ClassAccuracy implements Metric<AccuracyByClass> {
  readonly #tracked: TrackedClasses | undefined;
  readonly #state = declareState("class accuracies", { counts: mapById(mapById(CLASS_COUNT)) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @param tracked Only these are counted. Default: every class that is met. */
  constructor(tracked?: TrackedClasses) {
    this.#tracked = tracked;
    this.reset();
  }

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` and task labels `taskLabels` [B]. All are borrowed.
   * @throws {RangeError} If their lengths differ.
   */
  update(logits: HostTensor, y: Int32Array, taskLabels: Int32Array): void {
    if (taskLabels.length !== y.length) {
      throw new RangeRefusal(needs("the accuracy by class", `${y.length} task labels`, taskLabels.length));
    }
    const predicted = predictClasses(logits, y);
    for (let i = 0; i < y.length; i++) {
      const label = elementAt(y, i);
      const count = this.#countOf(elementAt(taskLabels, i), label);
      if (!count) continue;
      count.total += 1;
      if (predicted[i] === label) count.correct += 1;
    }
  }

  result(): AccuracyByClass {
    return mapAscending(this.#state.counts, (classes) =>
      mapAscending(classes, ({ correct, total }) => (total === 0 ? 0 : correct / total)),
    );
  }

  reset(): void {
    this.#state.counts.clear();
    for (const [task, classes] of Object.entries(this.#tracked ?? {})) {
      this.#state.counts.set(Number(task), new Map(classes.map((label) => [label, { correct: 0, total: 0 }])));
    }
  }

  #countOf(task: number, label: number): ClassCount | undefined {
    const { counts } = this.#state;
    if (this.#tracked) return counts.get(task)?.get(label);
    const classes = findOrCreate(counts, task, () => new Map<number, ClassCount>());
    return findOrCreate(classes, label, () => CLASS_COUNT.create());
  }
}

/** Maps the values, keys in ascending order. */
function mapAscending<From, To>(
  entries: ReadonlyMap<number, From>,
  change: (value: From) => To,
): ReadonlyMap<number, To> {
  const ascending = [...entries].sort(([a], [b]) => a - b);
  return new Map(ascending.map(([key, value]) => [key, change(value)]));
}

/** At which occasions to measure the accuracy of each class; none unless asked for. */
export interface ClassAccuracyMetricsOptions {
  /** Of each training minibatch. */
  readonly minibatch?: boolean;
  /** Over a training epoch. */
  readonly epoch?: boolean;
  /** Over a training epoch so far, after every minibatch. */
  readonly epochRunning?: boolean;
  /** Of each evaluated experience. */
  readonly experience?: boolean;
  /** Over all evaluated experiences. */
  readonly stream?: boolean;
  /**
   * Only these classes, by task label, and these even where no sample of them was met. Default: all that are met.
   */
  readonly classes?: TrackedClasses;
}

const CLASS_ACCURACY_METRICS_RULES: OptionRules<ClassAccuracyMetricsOptions> = {
  minibatch: flag(),
  epoch: flag(),
  epochRunning: flag(),
  experience: flag(),
  stream: flag(),
  classes: TRACKED_CLASSES_RULE,
};

/**
 * The accuracy of each class, the samples of each task label apart: `Top1_ClassAcc_MB`, `Top1_ClassAcc_Epoch`,
 * `Top1_RunningClassAcc_Epoch`, `Top1_ClassAcc_Exp`, `Top1_ClassAcc_Stream`, each with the class at the end of the key:
 * `Top1_ClassAcc_Stream/eval_phase/test_stream/Task000/7`.
 */
export function classAccuracyMetrics(options: ClassAccuracyMetricsOptions): PluginMetric[] {
  assertOptions("classAccuracyMetrics", options, CLASS_ACCURACY_METRICS_RULES);
  const { classes } = options;
  const wanted: readonly (readonly [boolean | undefined, string, MetricSpans])[] = [
    [options.minibatch, "Top1_ClassAcc_MB", { mode: "train", resetAt: "iteration", emitAt: "iteration" }],
    [options.epoch, "Top1_ClassAcc_Epoch", { mode: "train", resetAt: "epoch", emitAt: "epoch" }],
    [options.epochRunning, "Top1_RunningClassAcc_Epoch", { mode: "train", resetAt: "epoch", emitAt: "iteration" }],
    [options.experience, "Top1_ClassAcc_Exp", { mode: "eval", resetAt: "experience", emitAt: "experience" }],
    [options.stream, "Top1_ClassAcc_Stream", { mode: "eval", resetAt: "stream", emitAt: "stream" }],
  ];
  return wanted.flatMap(([isWanted, name, spans]) => (isWanted ? [create(name, spans, classes)] : []));
}

function create(name: string, spans: MetricSpans, classes: TrackedClasses | undefined): PluginMetric {
  const metric = new ClassAccuracy(classes);
  return createReportingMetric({
    name,
    metric,
    targets: CLASSES_ONLY,
    update: (strategy) => metric.update(strategy.mbOutput, strategy.mbY, strategy.mbTaskId),
    ...spans,
    report: (accuracies, strategy) =>
      listReadings(name, accuracies, { strategy, withExperience: spans.emitAt === "experience" }),
  });
}

function listReadings(
  name: string,
  accuracies: AccuracyByClass,
  { strategy, withExperience }: { readonly strategy: EvaluatedStrategy; readonly withExperience: boolean },
): MetricReading[] {
  const { experience, isTraining } = strategy;
  return [...accuracies].flatMap(([taskLabel, classes]) => {
    const key = createMetricKey({
      name,
      phase: isTraining ? "train" : "eval",
      streamName: experience.originStream.name,
      taskLabel,
      experience: withExperience ? experience.currentExperience : undefined,
    });
    return [...classes].map(([label, value]) => ({ key: `${key}/${label}`, value }));
  });
}
