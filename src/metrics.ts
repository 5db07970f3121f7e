/**
 * Metrics, the plugin that evaluates them, and the summary of an accuracy matrix: `firn/metrics`.
 * @module
 */

export { computeForgetting } from "./evaluation/compute_forgetting.ts";
export {
  type ContinualMeasures,
  formatAccuracyMatrixCsv,
  summarizeAccuracyMatrix,
} from "./evaluation/continual_measures.ts";
export type { CountedLayer, CountedModel, LayerShape, LayerShapes } from "./evaluation/counted_model.ts";
export { defaultEvaluator } from "./evaluation/default_evaluator.ts";
export type { ClockCounters, EvaluatedStrategy, WorkSharers } from "./evaluation/evaluated_strategy.ts";
export type { EvaluationCallbacks, EvaluationEvent } from "./evaluation/evaluation_event.ts";
export { EvaluationPlugin, type EvaluationPluginOptions } from "./evaluation/evaluation_plugin.ts";
export type { MeasureName } from "./evaluation/measures.ts";
export {
  type CollectedValues,
  type ExperienceSelection,
  type MeasuredStream,
  MetricCollector,
  type MetricSelection,
  type TimeSelection,
} from "./evaluation/metric_collector.ts";
export type { ClassCounts, MetricData, MetricImage, WeightSnapshot } from "./evaluation/metric_data.ts";
export type { MetricFamilyOptions } from "./evaluation/metric_family.ts";
export type { MetricSeries } from "./evaluation/metric_history.ts";
export type { MetricReading, MetricValue } from "./evaluation/metric_value.ts";
export { Accuracy, type AccuracyMetricsOptions, accuracyMetrics } from "./evaluation/metrics/accuracy/accuracy.ts";
export { AccuracyMatrix, accuracyMatrixMetrics } from "./evaluation/metrics/accuracy/accuracy_matrix.ts";
export {
  type AmcaMetricsOptions,
  AverageMeanClassAccuracy,
  amcaMetrics,
} from "./evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
export {
  type AccuracyByClass,
  ClassAccuracy,
  type ClassAccuracyMetricsOptions,
  classAccuracyMetrics,
  type TrackedClasses,
} from "./evaluation/metrics/accuracy/class_accuracy.ts";
export {
  CumulativeAccuracy,
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "./evaluation/metrics/accuracy/cumulative_accuracy.ts";
export {
  TopKAccuracy,
  type TopkAccMetricsOptions,
  topkAccMetrics,
} from "./evaluation/metrics/accuracy/top_k_accuracy.ts";
export { TaskAwareAccuracy, TaskAwareTopKAccuracy } from "./evaluation/metrics/by_task/task_aware_accuracy.ts";
export { TaskAwareLoss } from "./evaluation/metrics/by_task/task_aware_loss.ts";
export { TaskAwareR2, TaskAwareRMSE } from "./evaluation/metrics/by_task/task_aware_regression.ts";
export type { ByTask } from "./evaluation/metrics/by_task/task_measures.ts";
export {
  type TaskMetricsOptions,
  type TaskTopkAccMetricsOptions,
  taskAccuracyMetrics,
  taskLossMetrics,
  taskTopkAccMetrics,
} from "./evaluation/metrics/by_task/task_metrics.ts";
export { ExactMatch } from "./evaluation/metrics/labels/exact_match.ts";
export {
  exactMatchMetrics,
  macroF1ForgettingMetrics,
  macroF1Metrics,
} from "./evaluation/metrics/labels/label_metrics.ts";
export { MacroF1 } from "./evaluation/metrics/labels/macro_f1.ts";
export { Loss, lossMetrics } from "./evaluation/metrics/loss/loss.ts";
export { MAE } from "./evaluation/metrics/loss/mean_absolute_error.ts";
export { R2 } from "./evaluation/metrics/loss/r_squared.ts";
export {
  maeMetrics,
  type RegressionForgettingOptions,
  type RegressionMetricsOptions,
  r2ForgettingMetrics,
  r2Metrics,
  rmseForgettingMetrics,
  rmseMetrics,
} from "./evaluation/metrics/loss/regression_metrics.ts";
export { RMSE } from "./evaluation/metrics/loss/root_mean_squared_error.ts";
export { Mean, Sum } from "./evaluation/metrics/mean.ts";
export type { Metric } from "./evaluation/metrics/metric.ts";
export {
  ConfusionMatrix,
  type ConfusionMatrixOptions,
  type ConfusionNormalization,
  confusionMatrixMetrics,
} from "./evaluation/metrics/outputs/confusion_matrix.ts";
export {
  type ImagesSamplesMetricsOptions,
  imagesSamplesMetrics,
} from "./evaluation/metrics/outputs/images_samples_metrics.ts";
export {
  type LabelCounts,
  LabelsRepartition,
  type LabelsRepartitionMetricsOptions,
  labelsRepartitionMetrics,
} from "./evaluation/metrics/outputs/labels_repartition.ts";
export { MeanScores, type MeanScoresResult, meanScoresMetrics } from "./evaluation/metrics/outputs/mean_scores.ts";
export { type CPUClock, CPUUsage, cpuUsageMetrics } from "./evaluation/metrics/resources/cpu_usage.ts";
export {
  DiskUsage,
  type DiskUsageMetricsOptions,
  diskUsageMetrics,
} from "./evaluation/metrics/resources/disk_usage.ts";
export { ElapsedTime, type Now } from "./evaluation/metrics/resources/elapsed_time.ts";
export type { LoadListener, OpenLoadMonitor } from "./evaluation/metrics/resources/gpu_load_monitor.ts";
export { type GpuUsageMetricsOptions, gpuUsageMetrics } from "./evaluation/metrics/resources/gpu_usage_metrics.ts";
export { countMultiplyAccumulates, MAC, macMetrics } from "./evaluation/metrics/resources/multiply_accumulates.ts";
export { type RamUsageMetricsOptions, ramUsageMetrics } from "./evaluation/metrics/resources/ram_usage_metrics.ts";
export { type TimingMetricsOptions, timingMetrics } from "./evaluation/metrics/resources/timing_metrics.ts";
export { weightCheckpointMetrics } from "./evaluation/metrics/resources/weight_checkpoint_metrics.ts";
export { BackwardTransfer } from "./evaluation/metrics/transfer/backward_transfer.ts";
export { Forgetting } from "./evaluation/metrics/transfer/forgetting.ts";
export {
  bwtMetrics,
  type ForgettingMetricsOptions,
  forgettingMetrics,
  type TransferMetricsOptions,
} from "./evaluation/metrics/transfer/forgetting_metrics.ts";
export { ForwardTransfer, forwardTransferMetrics } from "./evaluation/metrics/transfer/forward_transfer.ts";
export { MaximumForgetting } from "./evaluation/metrics/transfer/maximum_forgetting.ts";
export {
  createPluginMetric,
  createReportingMetric,
  type EvalSpan,
  type FedMetricDefinition,
  type MetricListener,
  type MetricSpans,
  type PluginMetric,
  type PluginMetricDefinition,
  type ReportingMetricDefinition,
  type TrainSpan,
} from "./evaluation/plugin_metric.ts";
