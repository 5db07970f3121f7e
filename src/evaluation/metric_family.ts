import type { OptionRules } from "../core/options/assert_options.ts";
import { flag } from "../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { Metric } from "./metrics/metric.ts";
import { createPluginMetric, type PluginMetric } from "./plugin_metric.ts";

/** At which occasions to take a measure; none unless asked for. */
export interface MetricFamilyOptions {
  /** Of each training minibatch. */
  readonly minibatch?: boolean;
  /** Over a training epoch, while the model changes. */
  readonly epoch?: boolean;
  /** Over a training epoch so far, reported after every minibatch. */
  readonly epochRunning?: boolean;
  /** Of each evaluated experience. */
  readonly experience?: boolean;
  /** Over all samples of all evaluated experiences. */
  readonly stream?: boolean;
  /** Lets stream metrics name the task evaluated last, as Avalanche does, even where there were several. */
  readonly lastTaskLabel?: boolean;
}

/** What `MetricFamilyOptions` may be. */
export const METRIC_FAMILY_RULES: OptionRules<MetricFamilyOptions> = {
  minibatch: flag(),
  epoch: flag(),
  epochRunning: flag(),
  experience: flag(),
  stream: flag(),
  lastTaskLabel: flag(),
};

const { epochRunning: _running, ...spanRules } = METRIC_FAMILY_RULES;
/** The same without running measures, for what is looked at once a span. */
export const SPAN_FAMILY_RULES = spanRules;

/** The names under which one measure is reported at each occasion. */
export interface MetricFamilyNames {
  readonly minibatch: string;
  readonly epoch: string;
  readonly epochRunning: string;
  readonly experience: string;
  readonly stream: string;
}

/** A standalone metric and how a strategy feeds it. */
export interface FedMetric {
  readonly metric: Metric<number>;
  readonly update: (strategy: EvaluatedStrategy) => void;
  readonly ofMachine?: boolean;
}

/** The same measure at every occasion asked for, each with a metric of its own. */
export function createMetricFamily(
  options: MetricFamilyOptions,
  names: MetricFamilyNames,
  create: () => FedMetric,
): PluginMetric[] {
  const { lastTaskLabel = false } = options;
  const family: PluginMetric[] = [];
  if (options.minibatch) {
    const spans = { mode: "train", resetAt: "iteration", emitAt: "iteration" } as const;
    family.push(createPluginMetric({ name: names.minibatch, ...create(), ...spans }));
  }
  if (options.epoch) {
    const spans = { mode: "train", resetAt: "epoch", emitAt: "epoch" } as const;
    family.push(createPluginMetric({ name: names.epoch, ...create(), ...spans }));
  }
  if (options.epochRunning) {
    const spans = { mode: "train", resetAt: "epoch", emitAt: "iteration" } as const;
    family.push(createPluginMetric({ name: names.epochRunning, ...create(), ...spans }));
  }
  if (options.experience) {
    const spans = { mode: "eval", resetAt: "experience", emitAt: "experience" } as const;
    family.push(createPluginMetric({ name: names.experience, ...create(), ...spans }));
  }
  if (options.stream) {
    const spans = { mode: "eval", resetAt: "stream", emitAt: "stream", lastTaskLabel } as const;
    family.push(createPluginMetric({ name: names.stream, ...create(), ...spans }));
  }
  return family;
}
