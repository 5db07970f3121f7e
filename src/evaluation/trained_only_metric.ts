import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { Metric } from "./metrics/metric.ts";
import { parseOptionalNumber, parseRecord } from "./metrics/saved_state.ts";
import { createPluginMetric, type PluginMetric } from "./plugin_metric.ts";

/** A metric over an evaluation, and what feeds it. */
export interface TrainedOnlyMetricDefinition {
  readonly name: string;
  readonly metric: Metric<number> & {
    /** Samples counted so far. */
    readonly total: number;
  };
  readonly update: (strategy: EvaluatedStrategy) => void;
  readonly lastTaskLabel: boolean;
}

/**
 * A stream metric that counts only experiences numbered no higher than the one trained last; reports nothing where none
 * was evaluated.
 */
export function createTrainedOnlyMetric(definition: TrainedOnlyMetricDefinition): PluginMetric {
  const { name, metric, update, lastTaskLabel } = definition;
  let lastTrained: number | null = null;
  const base = createPluginMetric({
    name,
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
      const act = `restore ${name}`;
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
