import type { OptionRules } from "../core/options/assert_options.ts";
import { flag } from "../core/options/value_rules.ts";
import type { TargetKind } from "../data/float_targets.ts";
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

/** What one measure is called; the occasion follows: "Top1_Acc_Epoch". */
export interface MetricFamilyNames {
  readonly name: string;
  /** The measure so far in an epoch. Default: `name`. */
  readonly running?: string;
  /** An evaluated experience, behind the name. Default: "Exp". */
  readonly experience?: string;
}

const OCCASIONS = {
  minibatch: { suffix: "MB", mode: "train", resetAt: "iteration", emitAt: "iteration" },
  epoch: { suffix: "Epoch", mode: "train", resetAt: "epoch", emitAt: "epoch" },
  epochRunning: { suffix: "Epoch", mode: "train", resetAt: "epoch", emitAt: "iteration" },
  experience: { suffix: "Exp", mode: "eval", resetAt: "experience", emitAt: "experience" },
  stream: { suffix: "Stream", mode: "eval", resetAt: "stream", emitAt: "stream" },
} as const;
const ORDER = ["minibatch", "epoch", "epochRunning", "experience", "stream"] as const;

/** A standalone metric and how a strategy feeds it. */
export interface FedMetric {
  readonly metric: Metric<number>;
  readonly update: (strategy: EvaluatedStrategy) => void;
  readonly ofMachine?: boolean;
  /** False where `update` does not look at `mbOutput`. Default: true, unless it is `ofMachine`. */
  readonly readsOutputs?: boolean;
  /** The kinds of targets that it can be fed. Default: any. */
  readonly targets?: readonly TargetKind[];
}

/** The same measure at every occasion asked for, each with a metric of its own. */
export function createMetricFamily(
  options: MetricFamilyOptions,
  { name, running = name, experience = OCCASIONS.experience.suffix }: MetricFamilyNames,
  create: () => FedMetric,
): PluginMetric[] {
  const { lastTaskLabel = false } = options;
  return listOccasions(options).map(({ suffix, isRunning, ...spans }) => {
    const full = `${isRunning ? running : name}_${spans.emitAt === "experience" ? experience : suffix}`;
    return createPluginMetric({
      name: full,
      ...create(),
      ...spans,
      lastTaskLabel: lastTaskLabel && spans.emitAt === "stream",
    });
  });
}

/** The spans of the occasions that were asked for, each with what it is called behind a measure's name. */
export function listOccasions(options: { readonly [Occasion in keyof typeof OCCASIONS]?: boolean }) {
  return ORDER.filter((occasion) => options[occasion]).map((occasion) => ({
    ...OCCASIONS[occasion],
    isRunning: occasion === "epochRunning",
  }));
}
