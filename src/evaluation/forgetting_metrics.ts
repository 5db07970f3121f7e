import { BackwardTransfer } from "./metrics/backward_transfer.ts";
import { Forgetting } from "./metrics/forgetting.ts";
import type { PluginMetric } from "./plugin_metric.ts";
import { TransferMetric } from "./transfer_metric.ts";

/** Which of the two to report; none unless asked for. */
export interface TransferMetricsOptions {
  /** Of each evaluated experience. */
  readonly experience?: boolean;
  /** The plain mean over the evaluated experiences. */
  readonly stream?: boolean;
}

/**
 * `ExperienceForgetting` and `StreamForgetting`: first-learned accuracy minus accuracy now, for the experiences that
 * were trained before the last one.
 */
export function forgettingMetrics({ experience, stream }: TransferMetricsOptions): PluginMetric[] {
  const createMeasure = () => new Forgetting();
  const metrics: PluginMetric[] = [];
  if (experience)
    metrics.push(new TransferMetric({ name: "ExperienceForgetting", createMeasure, emitAt: "experience" }));
  if (stream) metrics.push(new TransferMetric({ name: "StreamForgetting", createMeasure, emitAt: "stream" }));
  return metrics;
}

/** `ExperienceBWT` and `StreamBWT`: backward transfer, the negative of forgetting. */
export function bwtMetrics({ experience, stream }: TransferMetricsOptions): PluginMetric[] {
  const createMeasure = () => new BackwardTransfer();
  const metrics: PluginMetric[] = [];
  if (experience) metrics.push(new TransferMetric({ name: "ExperienceBWT", createMeasure, emitAt: "experience" }));
  if (stream) metrics.push(new TransferMetric({ name: "StreamBWT", createMeasure, emitAt: "stream" }));
  return metrics;
}
