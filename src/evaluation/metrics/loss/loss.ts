import { assertOptions } from "../../../core/options/assert_options.ts";
import {
  createMetricFamily,
  type FedMetric,
  METRIC_FAMILY_RULES,
  type MetricFamilyOptions,
} from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";

/** The mean loss of a sample: minibatch losses weighted by their lengths; 0 while nothing was added. */
export class Loss implements Metric<number> {
  readonly #mean = new Mean();
  readonly save = this.#mean.save;
  readonly restore = this.#mean.restore;
  readonly reset = this.#mean.reset;

  /** Adds a minibatch's mean loss. */
  update(loss: number, batchLength: number): void {
    this.#mean.update(loss, batchLength);
  }

  result(): number {
    return this.#mean.result();
  }
}

/**
 * The losses asked for, weighted by minibatch length: `Loss_MB`, `Loss_Epoch`, `RunningLoss_Epoch`, `Loss_Exp`,
 * `Loss_Stream`. A training loss holds the penalties that plugins add.
 */
export function lossMetrics(options: MetricFamilyOptions): PluginMetric[] {
  assertOptions("lossMetrics", options, METRIC_FAMILY_RULES);
  const names = { name: "Loss", running: "RunningLoss" };
  return createMetricFamily(options, names, gatherLoss);
}

function gatherLoss(): FedMetric {
  const metric = new Loss();
  return {
    metric,
    update: (strategy) => metric.update(strategy.loss, strategy.mbY.length),
    readsOutputs: false,
  };
}
