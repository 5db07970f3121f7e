import { RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { callback, flag, listOf, objectLike, oneOf, required, text } from "../core/options/value_rules.ts";
import type { SavedState } from "../core/saved_state.ts";
import { TARGET_KINDS, type TargetKind } from "../data/float_targets.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import type { EvaluationEvent } from "./evaluation_event.ts";
import { createExperienceKey, createStreamKey } from "./metric_key.ts";
import type { MetricReading } from "./metric_value.ts";
import type { Metric } from "./metrics/metric.ts";

/** Called at an event of a strategy; returns what there is to report, if anything. */
export type MetricListener = (strategy: EvaluatedStrategy) => readonly MetricReading[] | undefined;

/** A metric that listens to a strategy: to those events for which it has a method. */
export type PluginMetric = {
  /** Tells it from the other metrics of an evaluator: "Top1_Acc_Epoch", say. */
  readonly name: string;
  /** True where it measures the machine (time, memory), not the learner: equal runs give other values. */
  readonly ofMachine?: true;
  /**
   * False where it listens to `afterTrainingIteration` and does not look at `mbOutput`: several ranks need not send
   * outputs to each other for it. Default: true, unless it is `ofMachine`.
   */
  readonly readsOutputs?: boolean;
  /** The kinds of targets that it is about; a strategy refuses others before it begins. Default: any. */
  readonly targets?: readonly TargetKind[];
  /** What `restore` needs to go on from here, as plain data that survives JSON. */
  save(): SavedState;
  /** @throws {TypeError} If `state` was not made by `save`. */
  restore(state: unknown): void;
} & { readonly [event in EvaluationEvent]?: MetricListener };

/** True where a metric may look at the outputs of training iterations. */
export function readsTrainingOutputs({ afterTrainingIteration, readsOutputs, ofMachine }: PluginMetric): boolean {
  return afterTrainingIteration !== undefined && (readsOutputs ?? ofMachine !== true);
}

/** The spans over which a training metric gathers; "never" as `resetAt` gathers for ever. */
export type TrainSpan = "iteration" | "epoch" | "experience" | "stream";

/** The spans over which an evaluation metric gathers: an evaluated experience has no epochs. */
export type EvalSpan = "iteration" | "experience" | "stream";

/** In which mode a metric gathers, from the start of which span, and at whose end it reports. */
export type MetricSpans =
  | { readonly mode: "train"; readonly resetAt: TrainSpan | "never"; readonly emitAt: TrainSpan }
  | { readonly mode: "eval"; readonly resetAt: EvalSpan | "never"; readonly emitAt: EvalSpan };

/** How a standalone metric is fed by a strategy. */
export interface FedMetricDefinition<Result> {
  readonly name: string;
  readonly metric: Metric<Result>;
  /** Feeds the metric, once after every minibatch of the mode. */
  readonly update: (strategy: EvaluatedStrategy) => void;
  /** True where it measures the machine, not the learner. */
  readonly ofMachine?: boolean;
  /** False where `update` does not look at `mbOutput`. Default: true, unless it is `ofMachine`. */
  readonly readsOutputs?: boolean;
  /** The kinds of targets that it is about. Default: any. */
  readonly targets?: readonly TargetKind[];
}

/** How a standalone metric is fed by a strategy and when it reports its one number. */
export type PluginMetricDefinition = FedMetricDefinition<number> &
  MetricSpans & {
    /** For stream metrics: names the task evaluated last, as Avalanche does, even where there were several. */
    readonly lastTaskLabel?: boolean;
  };

/** The same for a metric whose result becomes any number of readings. */
export type ReportingMetricDefinition<Result> = FedMetricDefinition<Result> &
  MetricSpans & { readonly report: (result: Result, strategy: EvaluatedStrategy) => readonly MetricReading[] };

const SPANS = ["iteration", "epoch", "experience", "stream"] as const;

const REPORTING_METRIC_RULES: OptionRules<ReportingMetricDefinition<unknown>> = {
  name: required(text()),
  metric: required(objectLike("a metric", "result", "reset", "save", "restore")),
  update: required(callback()),
  ofMachine: flag(),
  readsOutputs: flag(),
  targets: listOf(oneOf(TARGET_KINDS)),
  mode: required(oneOf(["train", "eval"])),
  resetAt: required(oneOf([...SPANS, "never"])),
  emitAt: required(oneOf(SPANS)),
  report: required(callback()),
};

const { report: _report, ...FED_METRIC_RULES } = REPORTING_METRIC_RULES;

const trainEvents = {
  start: {
    iteration: "beforeTrainingIteration",
    epoch: "beforeTrainingEpoch",
    experience: "beforeTrainingExp",
    stream: "beforeTraining",
  },
  update: "afterTrainingIteration",
  end: {
    iteration: "afterTrainingIteration",
    epoch: "afterTrainingEpoch",
    experience: "afterTrainingExp",
    stream: "afterTraining",
  },
} as const;

const evalEvents = {
  start: { iteration: "beforeEvalIteration", experience: "beforeEvalExp", stream: "beforeEval" },
  update: "afterEvalIteration",
  end: { iteration: "afterEvalIteration", experience: "afterEvalExp", stream: "afterEval" },
} as const;

interface ListenedEvents {
  readonly reset: EvaluationEvent | undefined;
  readonly update: EvaluationEvent;
  readonly emit: EvaluationEvent;
}

/**
 * Makes a plugin metric of a standalone one: reset at the start of a span, fed after every minibatch, reported at the
 * end of a span. It listens only to its own mode, so an evaluation in the middle of training leaves a training metric
 * as it is.
 */
export function createPluginMetric(definition: PluginMetricDefinition): PluginMetric {
  assertOptions("createPluginMetric", definition, { ...FED_METRIC_RULES, lastTaskLabel: flag() });
  const createKey = chooseKey(definition);
  const { lastTaskLabel: _lastTaskLabel, ...fed } = definition;
  return createReportingMetric({
    ...fed,
    report: (value, strategy) => [{ key: createKey(strategy), value }],
  });
}

/** The same for a metric that reports several values, or values under keys of its own. */
export function createReportingMetric<Result>(definition: ReportingMetricDefinition<Result>): PluginMetric {
  assertOptions("createReportingMetric", definition, REPORTING_METRIC_RULES);
  const spans: readonly string[] = [definition.resetAt, definition.emitAt];
  if (definition.mode === "eval" && spans.includes("epoch")) {
    throw new RangeRefusal('createReportingMetric: the span "epoch" requires mode "train"');
  }
  const { name, metric, update, report, ofMachine = false, readsOutputs, targets } = definition;
  const events = chooseEvents(definition);
  const emit: MetricListener = (strategy) => report(metric.result(), strategy);
  const listeners: { [event in EvaluationEvent]?: MetricListener } = {};
  if (events.reset !== undefined) {
    listeners[events.reset] = () => {
      metric.reset();
      return undefined;
    };
  }
  listeners[events.emit] = emit;
  listeners[events.update] = (strategy) => {
    update(strategy);
    return events.emit === events.update ? emit(strategy) : undefined;
  };
  return {
    name,
    ...(ofMachine ? { ofMachine } : {}),
    ...(readsOutputs === undefined ? {} : { readsOutputs }),
    ...(targets ? { targets } : {}),
    save: () => metric.save(),
    restore: (state) => metric.restore(state),
    ...listeners,
  };
}

function chooseEvents(definition: MetricSpans): ListenedEvents {
  switch (definition.mode) {
    case "train":
      return {
        reset: definition.resetAt === "never" ? undefined : trainEvents.start[definition.resetAt],
        update: trainEvents.update,
        emit: trainEvents.end[definition.emitAt],
      };
    case "eval":
      return {
        reset: definition.resetAt === "never" ? undefined : evalEvents.start[definition.resetAt],
        update: evalEvents.update,
        emit: evalEvents.end[definition.emitAt],
      };
  }
}

function chooseKey({ name, emitAt, lastTaskLabel = false }: PluginMetricDefinition) {
  switch (emitAt) {
    case "iteration":
    case "epoch":
      return (strategy: EvaluatedStrategy) => createExperienceKey(name, strategy, { withExperience: false });
    case "experience":
      return (strategy: EvaluatedStrategy) => createExperienceKey(name, strategy, { withExperience: true });
    case "stream":
      return (strategy: EvaluatedStrategy) => createStreamKey(name, strategy, { lastTaskLabel });
  }
}
