import type { PluginMetric } from "../../evaluation/plugin_metric.ts";
import type { Registry } from "../options/named_factory.ts";

/** Metrics by the option --metric: those of modules. The plugin "metrics" has the built-in ones. */
export const METRICS: Registry<undefined, Promise<readonly PluginMetric[]>> = {
  kind: "metric",
  factories: [],
  module: {
    exported: "createMetrics",
    summary: "path=./my_metric.ts, a module whose createMetrics(options) returns a list of plugin metrics",
    create: async (module, own) => {
      const metrics = await module.call(own);
      if (Array.isArray(metrics) && metrics.every(isMetric)) return metrics;
      throw module.refuse("return an array of plugin metrics, as createPluginMetric makes them", metrics);
    },
  },
};

/** By its parts, because the module may have a copy of Firn of its own. */
function isMetric(value: unknown): value is PluginMetric {
  return typeof value === "object" && value !== null && "name" in value && "save" in value && "restore" in value;
}
