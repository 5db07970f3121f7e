import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, wholeNumber } from "../../../core/options/value_rules.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { listOccasions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { TaskAwareAccuracy, TaskAwareTopKAccuracy } from "./task_aware_accuracy.ts";
import { TaskAwareLoss } from "./task_aware_loss.ts";
import { createTaskMetric, type FedTaskMeasures } from "./task_measures.ts";

/** At which occasions to take a measure of each task label; none unless asked for. */
export interface TaskMetricsOptions {
  /** Of each training minibatch. */
  readonly minibatch?: boolean;
  /** Over a training epoch, while the model changes. */
  readonly epoch?: boolean;
  /** Over a training epoch so far, reported after every minibatch. */
  readonly epochRunning?: boolean;
  /** Of each evaluated experience. */
  readonly experience?: boolean;
  /** Over all evaluated experiences. */
  readonly stream?: boolean;
}

/** The same, and how many of the largest logits count. */
export interface TaskTopkAccMetricsOptions extends TaskMetricsOptions {
  /** Default: 3. */
  readonly topK?: number;
}

const TASK_METRICS_RULES: OptionRules<TaskMetricsOptions> = {
  minibatch: flag(),
  epoch: flag(),
  epochRunning: flag(),
  experience: flag(),
  stream: flag(),
};

const TASK_TOPK_ACC_METRICS_RULES: OptionRules<TaskTopkAccMetricsOptions> = {
  ...TASK_METRICS_RULES,
  topK: wholeNumber(1),
};

/**
 * The accuracy of each task label: `Top1_TaskAcc_MB`, `Top1_TaskAcc_Epoch`, `Top1_RunningTaskAcc_Epoch`,
 * `Top1_TaskAcc_Exp`, `Top1_TaskAcc_Stream`, each with the label in its key:
 * `Top1_TaskAcc_Stream/eval_phase/test_stream/Task001`.
 */
export function taskAccuracyMetrics(options: TaskMetricsOptions): PluginMetric[] {
  assertOptions("taskAccuracyMetrics", options, TASK_METRICS_RULES);
  return createTaskFamily(options, ["Top1_TaskAcc", "Top1_RunningTaskAcc"], () => {
    const metric = new TaskAwareAccuracy();
    const update = ({ mbOutput, mbY, mbTaskId }: EvaluatedStrategy) => metric.update(mbOutput, mbY, mbTaskId);
    return { metric, update, targets: CLASSES_ONLY };
  });
}

/**
 * The share of samples of each task label whose class has one of the k largest logits: `Topk_3_TaskAcc_MB` …, as
 * `taskAccuracyMetrics` names them.
 * @throws {RangeError} If `topK` is not a whole number of at least 1.
 */
export function taskTopkAccMetrics(options: TaskTopkAccMetricsOptions): PluginMetric[] {
  assertOptions("taskTopkAccMetrics", options, TASK_TOPK_ACC_METRICS_RULES);
  const { topK = 3 } = options;
  return createTaskFamily(options, [`Topk_${topK}_TaskAcc`, `Topk_${topK}_RunningTaskAcc`], () => {
    const metric = new TaskAwareTopKAccuracy(topK);
    const update = ({ mbOutput, mbY, mbTaskId }: EvaluatedStrategy) => metric.update(mbOutput, mbY, mbTaskId);
    return { metric, update, targets: CLASSES_ONLY };
  });
}

/**
 * The mean loss of each task label: `TaskLoss_MB`, `TaskLoss_Epoch`, `RunningTaskLoss_Epoch`, `TaskLoss_Exp`,
 * `TaskLoss_Stream`. Where a minibatch has several labels, its mean loss counts for each of them by its samples.
 */
export function taskLossMetrics(options: TaskMetricsOptions): PluginMetric[] {
  assertOptions("taskLossMetrics", options, TASK_METRICS_RULES);
  return createTaskFamily(options, ["TaskLoss", "RunningTaskLoss"], () => {
    const metric = new TaskAwareLoss();
    return { metric, update: ({ loss, mbY, mbTaskId }) => metric.update(loss, mbY.length, mbTaskId) };
  });
}

function createTaskFamily(
  options: TaskMetricsOptions,
  [name, running]: readonly [name: string, running: string],
  create: () => FedTaskMeasures,
): PluginMetric[] {
  return listOccasions(options).map(({ suffix, isRunning, ...spans }) =>
    createTaskMetric(`${isRunning ? running : name}_${suffix}`, create(), spans),
  );
}
