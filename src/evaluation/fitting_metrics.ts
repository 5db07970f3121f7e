import type { TargetKind } from "../data/float_targets.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import { evaluationEvents } from "./evaluation_event.ts";
import type { MetricListener, PluginMetric } from "./plugin_metric.ts";

/**
 * The same metrics, each silent where it is not about the targets at hand: an accuracy reports nothing of a regression.
 */
export function silenceMisfits(metrics: readonly PluginMetric[]): PluginMetric[] {
  return metrics.map((metric) => {
    const { name, targets, ofMachine } = metric;
    const listeners = evaluationEvents.flatMap((event) => {
      const listen = metric[event];
      if (!listen) return [];
      // Before the first experience there are no targets; metrics only begin anew then.
      const isEarly = event === "beforeTraining" || event === "beforeEval";
      const listenIfFit: MetricListener = (strategy) =>
        isEarly || !targets || targets.includes(findKind(strategy)) ? listen.call(metric, strategy) : undefined;
      return [[event, listenIfFit] as const];
    });
    const { save, restore } = { save: () => metric.save(), restore: (state: unknown) => metric.restore(state) };
    return { name, save, restore, ...(ofMachine ? { ofMachine } : {}), ...Object.fromEntries(listeners) };
  });
}

/** The same metrics, about these kinds of targets alone. They must be objects without methods of a class. */
export function restrictTo(targets: readonly TargetKind[], metrics: readonly PluginMetric[]): PluginMetric[] {
  return metrics.map((metric) => ({ ...metric, targets }));
}

function findKind({ experience }: EvaluatedStrategy) {
  return experience.dataset.targetForm.kind;
}
