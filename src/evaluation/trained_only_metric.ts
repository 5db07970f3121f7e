import { declareState, part } from "../core/state/state.ts";
import type { TargetKind } from "../data/float_targets.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { Metric } from "./metrics/metric.ts";
import { createPluginMetric, type PluginMetric } from "./plugin_metric.ts";
import { TrainedExperiences } from "./trained_experiences.ts";

/** A metric over an evaluation, and what feeds it. */
export interface TrainedOnlyMetricDefinition {
  readonly name: string;
  readonly metric: Metric<number> & {
    /** Samples counted so far. */
    readonly total: number;
  };
  readonly update: (strategy: EvaluatedStrategy) => void;
  readonly targets?: readonly TargetKind[];
  readonly lastTaskLabel: boolean;
}

/**
 * A stream metric that counts only experiences that were trained, in whole or in pieces; reports nothing where none of
 * them was evaluated. Departs from Avalanche, which counts all that are numbered no higher than the one trained last:
 * the same where experiences are trained in order and once.
 */
export function createTrainedOnlyMetric(definition: TrainedOnlyMetricDefinition): PluginMetric {
  const { name, metric, update, targets, lastTaskLabel } = definition;
  const trained = new TrainedExperiences();
  const state = declareState(name, { trained: part(trained), accuracy: part(metric) });
  const base = createPluginMetric({
    name,
    metric,
    update: (strategy) => {
      if (trained.has(strategy.experience)) update(strategy);
    },
    mode: "eval",
    resetAt: "stream",
    emitAt: "stream",
    lastTaskLabel,
    ...(targets ? { targets } : {}),
  });
  return {
    ...base,
    save: state.save,
    restore: state.restore,
    afterTrainingExp: ({ experience }) => {
      trained.add(experience);
      return undefined;
    },
    afterEval: (strategy) => (metric.total > 0 ? base.afterEval?.(strategy) : undefined),
  };
}
