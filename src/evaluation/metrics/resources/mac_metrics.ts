import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricFamily, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { MAC } from "./multiply_accumulates.ts";

/**
 * Multiplications with a following addition that the model needs for one sample: `MAC_MB`, `MAC_Epoch`, `MAC_Exp`.
 * Departs from Avalanche, which leaves out that a convolution sees several input channels.
 */
export function macMetrics(options: Pick<MetricFamilyOptions, "minibatch" | "epoch" | "experience">): PluginMetric[] {
  assertOptions("macMetrics", options, { minibatch: flag(), epoch: flag(), experience: flag() });
  const names = { minibatch: "MAC_MB", epoch: "MAC_Epoch", epochRunning: "", experience: "MAC_Exp", stream: "" };
  const { minibatch = false, epoch = false, experience = false } = options;
  return createMetricFamily({ minibatch, epoch, experience }, names, () => {
    const metric = new MAC();
    let counted: EvaluatedStrategy["model"];
    const update = ({ model }: EvaluatedStrategy) => {
      if (!model)
        throw new TypeRefusal(needs("the count of multiplications", "a strategy that shows its model", model));
      // A model that grows is a new one; the same one needs the same.
      if (model === counted && metric.result() > 0) return;
      counted = model;
      metric.update(model);
    };
    return { metric, update };
  });
}
