import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import { createReportingMetric, type MetricSpans, type PluginMetric } from "../../plugin_metric.ts";
import { type AccuracyByClass, ClassAccuracy, TRACKED_CLASSES_RULE, type TrackedClasses } from "./class_accuracy.ts";

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
