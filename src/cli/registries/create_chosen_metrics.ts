import type { TargetKind } from "../../data/float_targets.ts";
import { accuracyMetrics } from "../../evaluation/metrics/accuracy/accuracy.ts";
import { amcaMetrics } from "../../evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
import { classAccuracyMetrics } from "../../evaluation/metrics/accuracy/class_accuracy.ts";
import {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "../../evaluation/metrics/accuracy/cumulative_accuracy.ts";
import { topkAccMetrics } from "../../evaluation/metrics/accuracy/top_k_accuracy.ts";
import { taskAccuracyMetrics, taskLossMetrics } from "../../evaluation/metrics/by_task/task_metrics.ts";
import { lossMetrics } from "../../evaluation/metrics/loss/loss.ts";
import { maeMetrics, r2Metrics, rmseMetrics } from "../../evaluation/metrics/loss/regression_metrics.ts";
import { confusionMatrixMetrics } from "../../evaluation/metrics/outputs/confusion_matrix.ts";
import { imagesSamplesMetrics } from "../../evaluation/metrics/outputs/images_samples_metrics.ts";
import { labelsRepartitionMetrics } from "../../evaluation/metrics/outputs/labels_repartition.ts";
import { meanScoresMetrics } from "../../evaluation/metrics/outputs/mean_scores.ts";
import { cpuUsageMetrics } from "../../evaluation/metrics/resources/cpu_usage.ts";
import { diskUsageMetrics } from "../../evaluation/metrics/resources/disk_usage.ts";
import { gpuUsageMetrics } from "../../evaluation/metrics/resources/gpu_usage_metrics.ts";
import { macMetrics } from "../../evaluation/metrics/resources/multiply_accumulates.ts";
import { ramUsageMetrics } from "../../evaluation/metrics/resources/ram_usage_metrics.ts";
import { timingMetrics } from "../../evaluation/metrics/resources/timing_metrics.ts";
import { weightCheckpointMetrics } from "../../evaluation/metrics/resources/weight_checkpoint_metrics.ts";
import { forgettingMetrics } from "../../evaluation/metrics/transfer/forgetting_metrics.ts";
import { forwardTransferMetrics } from "../../evaluation/metrics/transfer/forward_transfer.ts";
import type { PluginMetric } from "../../evaluation/plugin_metric.ts";
import type { MetricsOptions } from "./metrics_options.ts";

/** Makes the metrics that were asked for, for a run in a folder. @throws {Error} If there is no such GPU. */
export function createChosenMetrics(
  options: MetricsOptions,
  { runFolder, targets }: { readonly runFolder: () => string; readonly targets: TargetKind },
): PluginMetric[] {
  const spans = { epoch: true, experience: true, stream: true };
  const { minibatch, topK, confusionMatrix, gpu } = options;
  return [
    ...(minibatch ? [...accuracyMetrics({ minibatch }), ...lossMetrics({ minibatch })] : []),
    ...(topK === undefined ? [] : topkAccMetrics({ ...spans, topK })),
    ...(options.byTask ? [...taskAccuracyMetrics(spans), ...taskLossMetrics(spans)] : []),
    ...(options.classAccuracy ? classAccuracyMetrics({ stream: true }) : []),
    ...(confusionMatrix === undefined ? [] : confusionMatrixMetrics(readNormalization(confusionMatrix))),
    ...(options.maxForgetting ? forgettingMetrics({ experience: true, stream: true, since: "running-maximum" }) : []),
    ...(options.forwardTransfer ? forwardTransferMetrics({ experience: true, stream: true }) : []),
    ...(options.cumulative ? [...cumulativeAccuracyMetrics(), ...cumulativeForgettingMetrics()] : []),
    ...(options.amca ? amcaMetrics() : []),
    ...(options.regression ? createRegressionMetrics(targets) : []),
    ...(options.meanScores ? meanScoresMetrics() : []),
    ...(options.labels ? labelsRepartitionMetrics() : []),
    ...(options.images ? imagesSamplesMetrics() : []),
    ...(options.weights ? weightCheckpointMetrics() : []),
    ...(options.mac ? macMetrics({ experience: true }) : []),
    ...(options.timing ? timingMetrics(spans) : []),
    ...(options.cpu ? cpuUsageMetrics(spans) : []),
    ...(options.ram ? ramUsageMetrics(spans) : []),
    ...(options.disk ? diskUsageMetrics({ ...spans, paths: () => [runFolder()] }) : []),
    ...(gpu === undefined ? [] : gpuUsageMetrics({ ...spans, gpuId: gpu })),
  ];
}

/** A run on values measures RMSE and R² without being asked. */
function createRegressionMetrics(targets: TargetKind): PluginMetric[] {
  const spans = { epoch: true, experience: true, stream: true };
  return targets === "values" ? maeMetrics(spans) : [...rmseMetrics(spans), ...r2Metrics(spans)];
}

function readNormalization(shares: "count" | "true" | "pred" | "all") {
  return shares === "count" ? {} : { normalize: shares };
}
