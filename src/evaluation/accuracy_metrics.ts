import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import { createMetricFamily, type MetricFamilyOptions } from "./metric_family.ts";
import { Accuracy } from "./metrics/accuracy.ts";
import { parseOptionalNumber, parseRecord } from "./metrics/saved_state.ts";
import { createPluginMetric, type PluginMetric } from "./plugin_metric.ts";

/** Which accuracies to measure; none unless asked for. */
export interface AccuracyMetricsOptions extends MetricFamilyOptions {
  /** Over the evaluated experiences numbered no higher than the one trained last. */
  readonly trainedExperience?: boolean;
}

/**
 * The accuracies asked for, sample-weighted: `Top1_Acc_MB`, `Top1_Acc_Epoch`, `Top1_RunningAcc_Epoch`, `Top1_Acc_Exp`,
 * `Top1_Acc_Stream`, `Accuracy_On_Trained_Experiences`.
 */
export function accuracyMetrics(options: AccuracyMetricsOptions): PluginMetric[] {
  const names = {
    minibatch: "Top1_Acc_MB",
    epoch: "Top1_Acc_Epoch",
    epochRunning: "Top1_RunningAcc_Epoch",
    experience: "Top1_Acc_Exp",
    stream: "Top1_Acc_Stream",
  };
  const family = createMetricFamily(options, names, countAccuracy);
  if (options.trainedExperience) family.push(createTrainedExperienceAccuracy(options));
  return family;
}

function countAccuracy(): { metric: Accuracy; update: (strategy: EvaluatedStrategy) => void } {
  const metric = new Accuracy();
  return { metric, update: (strategy) => metric.update(strategy.mbOutput, strategy.mbY) };
}

/** Counts only experiences that the model was trained on; reports nothing where none was evaluated. */
function createTrainedExperienceAccuracy({ lastTaskLabel = false }: MetricFamilyOptions): PluginMetric {
  let lastTrained: number | null = null;
  const { metric, update } = countAccuracy();
  const base = createPluginMetric({
    name: "Accuracy_On_Trained_Experiences",
    metric,
    update: (strategy) => {
      if (lastTrained !== null && strategy.experience.currentExperience <= lastTrained) update(strategy);
    },
    mode: "eval",
    resetAt: "stream",
    emitAt: "stream",
    lastTaskLabel,
  });
  return {
    ...base,
    save: () => ({ lastTrained, accuracy: metric.save() }),
    restore: (state) => {
      const act = "restore the accuracy on trained experiences";
      const saved = parseRecord(act, state);
      metric.restore(saved.accuracy);
      lastTrained = parseOptionalNumber(act, saved.lastTrained);
    },
    afterTrainingExp: ({ experience }) => {
      lastTrained = experience.currentExperience;
      return undefined;
    },
    afterEval: (strategy) => (metric.total > 0 ? base.afterEval?.(strategy) : undefined),
  };
}
