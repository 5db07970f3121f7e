import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback, number, required, wholeNumber } from "../../../core/options/value_rules.ts";
import { createMetricFamily, type MetricFamilyOptions, SPAN_FAMILY_RULES } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { createNvidiaMonitor, type OpenLoadMonitor } from "./gpu_load_monitor.ts";
import { Maximum } from "./maximum.ts";

/** Which GPU to look at, and at which occasions to report; none unless asked for. */
export interface GpuUsageMetricsOptions extends Omit<MetricFamilyOptions, "epochRunning"> {
  /** As nvidia-smi counts them. */
  readonly gpuId: number;
  /** Seconds between two looks. Default: 0.5. */
  readonly every?: number;
  /** How the GPU is looked at. Default: by nvidia-smi. */
  readonly openMonitor?: OpenLoadMonitor;
}

const GPU_USAGE_METRICS_RULES: OptionRules<GpuUsageMetricsOptions> = {
  ...SPAN_FAMILY_RULES,
  gpuId: required(wholeNumber()),
  every: number({ above: 0 }),
  openMonitor: callback(),
};

/**
 * The largest load of a GPU in percent: `MaxGPU0Usage_MB`, `MaxGPU0Usage_Epoch`, `MaxGPU0Usage_Experience`,
 * `MaxGPU0Usage_Stream`. A span without a look of its own has the load of the look before. They measure the machine, so
 * metrics.jsonl does not hold them.
 * @throws {Error} If there is no nvidia-smi, or it knows no such GPU.
 */
export function gpuUsageMetrics(options: GpuUsageMetricsOptions): PluginMetric[] {
  assertOptions("gpuUsageMetrics", options, GPU_USAGE_METRICS_RULES);
  const { gpuId, every = 0.5, openMonitor = createNvidiaMonitor(gpuId, every), ...family } = options;
  const name = `MaxGPU${gpuId}Usage`;
  const names = { name, experience: "Experience" };
  const maxima: Maximum[] = [];
  let latest = 0;
  const metrics = createMetricFamily(family, names, () => {
    const metric = new Maximum();
    maxima.push(metric);
    return { metric, update: () => metric.update(latest), ofMachine: true };
  });
  const open = () =>
    openMonitor((percent) => {
      latest = percent;
      for (const maximum of maxima) maximum.update(percent);
    });
  return [createWatch(name, open), ...metrics];
}

/** Reports nothing; keeps the monitor open while the strategy trains or evaluates. */
function createWatch(name: string, open: () => () => void): PluginMetric {
  let close: (() => void) | undefined;
  let loops = 0;
  const enter = () => {
    loops += 1;
    close ??= open();
    return undefined;
  };
  const leave = () => {
    loops -= 1;
    if (loops > 0) return undefined;
    close?.();
    close = undefined;
    return undefined;
  };
  return {
    name,
    ofMachine: true,
    save: () => null,
    restore: () => undefined,
    beforeTraining: enter,
    beforeEval: enter,
    afterEval: leave,
    afterTraining: leave,
  };
}
