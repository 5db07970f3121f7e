import { accuracyMetrics } from "../../evaluation/accuracy_metrics.ts";
import { amcaMetrics } from "../../evaluation/amca_metrics.ts";
import { classAccuracyMetrics } from "../../evaluation/class_accuracy_metrics.ts";
import { confusionMatrixMetrics } from "../../evaluation/confusion_matrix_metrics.ts";
import { cpuUsageMetrics } from "../../evaluation/cpu_usage_metrics.ts";
import {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "../../evaluation/cumulative_accuracy_metrics.ts";
import { diskUsageMetrics } from "../../evaluation/disk_usage_metrics.ts";
import { forgettingMetrics } from "../../evaluation/forgetting_metrics.ts";
import { forwardTransferMetrics } from "../../evaluation/forward_transfer_metrics.ts";
import { gpuUsageMetrics } from "../../evaluation/gpu_usage_metrics.ts";
import { imagesSamplesMetrics } from "../../evaluation/images_samples_metrics.ts";
import { labelsRepartitionMetrics } from "../../evaluation/labels_repartition_metrics.ts";
import { lossMetrics } from "../../evaluation/loss_metrics.ts";
import { macMetrics } from "../../evaluation/mac_metrics.ts";
import { meanScoresMetrics } from "../../evaluation/mean_scores_metrics.ts";
import type { PluginMetric } from "../../evaluation/plugin_metric.ts";
import { ramUsageMetrics } from "../../evaluation/ram_usage_metrics.ts";
import { r2Metrics, rmseMetrics } from "../../evaluation/regression_metrics.ts";
import { timingMetrics } from "../../evaluation/timing_metrics.ts";
import { topkAccMetrics } from "../../evaluation/topk_accuracy_metrics.ts";
import { weightCheckpointMetrics } from "../../evaluation/weight_checkpoint_metrics.ts";
import type { MetricsOptions } from "./metrics_options.ts";

/** Makes the metrics that were asked for, for a run in a folder. @throws {Error} If there is no such GPU. */
export function createChosenMetrics(options: MetricsOptions, runFolder: () => string): PluginMetric[] {
  const spans = { epoch: true, experience: true, stream: true };
  const { minibatch, topK, confusionMatrix, gpu } = options;
  return [
    ...(minibatch ? [...accuracyMetrics({ minibatch }), ...lossMetrics({ minibatch })] : []),
    ...(topK === undefined ? [] : topkAccMetrics({ ...spans, topK })),
    ...(options.classAccuracy ? classAccuracyMetrics({ stream: true }) : []),
    ...(confusionMatrix === undefined ? [] : confusionMatrixMetrics(readNormalization(confusionMatrix))),
    ...(options.maxForgetting ? forgettingMetrics({ experience: true, stream: true, since: "running-maximum" }) : []),
    ...(options.forwardTransfer ? forwardTransferMetrics({ experience: true, stream: true }) : []),
    ...(options.cumulative ? [...cumulativeAccuracyMetrics(), ...cumulativeForgettingMetrics()] : []),
    ...(options.amca ? amcaMetrics() : []),
    ...(options.regression ? [...rmseMetrics(spans), ...r2Metrics(spans)] : []),
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

function readNormalization(shares: "count" | "true" | "pred" | "all") {
  return shares === "count" ? {} : { normalize: shares };
}
