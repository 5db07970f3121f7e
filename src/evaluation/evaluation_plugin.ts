import process from "node:process";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { formatAsLine } from "../core/errors/printable.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { callback, flag, listOf, objectLike, required } from "../core/options/value_rules.ts";
import type { SavedState } from "../core/saved_state.ts";
import { restoreParts } from "../core/state/declare_state.ts";
import { readRecord } from "../core/state/field.ts";
import { count, declareState, optional, type Part, part, text } from "../core/state/state.ts";
import { TARGET_WORDS, type TargetForm } from "../data/float_targets.ts";
import type { Experience } from "../streams/experience.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import { type EvaluationCallbacks, type EvaluationEvent, evaluationEvents } from "./evaluation_event.ts";
import type { Logger } from "./loggers/logger.ts";
import { LoggerGroup, type LoggerState } from "./loggers/logger_group.ts";
import type { MetricData } from "./metric_data.ts";
import { MetricHistory, type MetricSeries } from "./metric_history.ts";
import type { MetricReading, MetricValue } from "./metric_value.ts";
import { type PluginMetric, readsTrainingOutputs } from "./plugin_metric.ts";

/** What an evaluator measures and whom it tells. */
export interface EvaluationPluginOptions {
  readonly metrics: readonly PluginMetric[];
  readonly loggers?: readonly Logger[];
  /** False keeps the newest value of each key alone, for long runs. Default: true. */
  readonly collectAll?: boolean;
  /** True refuses an evaluation of a part of a stream: stream metrics of parts do not compare. Default: false. */
  readonly strictChecks?: boolean;
  /** Gets one line for every logger that fails. Default: standard error. */
  readonly onFailure?: (message: string) => void;
}

const EVALUATION_PLUGIN_RULES: OptionRules<EvaluationPluginOptions> = {
  metrics: required(listOf(objectLike("a metric (write ...accuracyMetrics({ … }) with its dots)", "name", "save"))),
  loggers: listOf(objectLike("a logger", "logMetrics")),
  collectAll: flag(),
  strictChecks: flag(),
  onFailure: callback(),
};

const OWNER = "an evaluator";

const nothing: readonly MetricValue[] = [];

/**
 * Lets metrics follow a strategy, keeps what they report, and passes it to loggers. At every event the metrics come
 * first, in the order given, then the loggers. It hears nothing between the forward pass and the update, so it leaves
 * the trainer free to fuse them, and it never changes the strategy.
 */
export class EvaluationPlugin implements EvaluationCallbacks {
  readonly #metrics: readonly PluginMetric[];
  /** The metrics that listen to each event, in their order. */
  readonly #listeners: ReadonlyMap<EvaluationEvent, readonly PluginMetric[]>;
  readonly #loggers: LoggerGroup;
  readonly #history: MetricHistory;
  readonly #strictChecks: boolean;
  readonly #state;
  /** Values that had been reported when the running, or last, call of `train` began, and that of `eval`. */
  #beforeTrain = 0;
  #beforeEval = 0;
  /** Published values that loggers have not heard of. */
  #published: readonly MetricValue[] = nothing;
  /** False while metrics and loggers hear nothing. */
  active = true;

  /** @throws {RangeError} If two metrics have one name. */
  constructor(options: EvaluationPluginOptions) {
    assertOptions("EvaluationPlugin", options, EVALUATION_PLUGIN_RULES);
    const { metrics, loggers = [], onFailure = writeToStandardError } = options;
    const { collectAll = true, strictChecks = false } = options;
    const names = metrics.map((metric) => metric.name);
    const repeated = names.find((name, position) => names.indexOf(name) !== position);
    if (repeated !== undefined) throw new RangeRefusal(needs("EvaluationPlugin", "metrics named once each", repeated));
    this.#metrics = [...metrics];
    this.#listeners = new Map(evaluationEvents.map((event) => [event, metrics.filter((metric) => metric[event])]));
    this.#history = new MetricHistory({ keepsAll: collectAll });
    this.#strictChecks = strictChecks;
    this.#loggers = new LoggerGroup(loggers, onFailure);
    this.#state = declareState(OWNER, {
      trainedExperience: optional(count()),
      trainedName: optional(text()),
      metrics: part(joinMetrics(metrics)),
      last: part(this.#newestValues),
    });
  }

  /** True where a metric or a logger may look at the outputs of training iterations. */
  get readsOutputs(): boolean {
    return this.#metrics.some(readsTrainingOutputs) || this.#loggers.readsOutputs;
  }

  beforeTraining(strategy: EvaluatedStrategy): void {
    this.#beforeTrain = this.#history.length;
    this.#follow("beforeTraining", strategy);
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): void {
    const { currentExperience, name } = strategy.experience;
    this.#state.trainedExperience = currentExperience;
    this.#state.trainedName = name;
    this.#follow("beforeTrainingExp", strategy);
  }

  beforeTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#follow("beforeTrainingEpoch", strategy);
  }

  beforeTrainingIteration(strategy: EvaluatedStrategy): void {
    this.#follow("beforeTrainingIteration", strategy);
  }

  afterTrainingIteration(strategy: EvaluatedStrategy): void {
    this.#follow("afterTrainingIteration", strategy);
  }

  afterTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#follow("afterTrainingEpoch", strategy);
  }

  afterTrainingExp(strategy: EvaluatedStrategy): void {
    this.#follow("afterTrainingExp", strategy);
  }

  afterTraining(strategy: EvaluatedStrategy): void {
    this.#follow("afterTraining", strategy);
  }

  /** @throws {RangeError} With `strictChecks`, if it is not the whole stream that is evaluated. */
  beforeEval(strategy: EvaluatedStrategy): void {
    if (this.#strictChecks) assertWholeStream(strategy.currentEvalStream);
    this.#beforeEval = this.#history.length;
    this.#follow("beforeEval", strategy);
  }

  beforeEvalExp(strategy: EvaluatedStrategy): void {
    this.#follow("beforeEvalExp", strategy);
  }

  beforeEvalIteration(strategy: EvaluatedStrategy): void {
    this.#follow("beforeEvalIteration", strategy);
  }

  afterEvalIteration(strategy: EvaluatedStrategy): void {
    this.#follow("afterEvalIteration", strategy);
  }

  afterEvalExp(strategy: EvaluatedStrategy): void {
    this.#follow("afterEvalExp", strategy);
  }

  afterEval(strategy: EvaluatedStrategy): void {
    this.#follow("afterEval", strategy);
  }

  /**
   * @param subject What has these targets, for the message: 'the stream "train" has class ids'.
   * @throws {RangeRefusal} If a metric is about targets of another kind.
   */
  assertTargets({ kind }: TargetForm, subject: () => string): void {
    const misfit = this.#metrics.find(({ targets }) => targets?.includes(kind) === false);
    if (!misfit) return;
    const own = (misfit.targets ?? []).map((known) => TARGET_WORDS[known]).join(" or ");
    throw new RangeRefusal(`${subject()} as targets, and the metric ${misfit.name} is about ${own}`);
  }

  /**
   * The newest value of every key, however long ago it was measured. The caller owns the object; matrices in it are
   * borrowed.
   */
  getLastMetrics(): Record<string, MetricData> {
    return this.#history.listLast();
  }

  /** What the running call of `train` has measured so far, or the last one did, evaluations in it included. */
  getTrainMetrics(): Record<string, MetricData> {
    return this.#history.listLast(this.#beforeTrain);
  }

  /** What the running call of `eval` has measured so far, or the last one did. */
  getEvalMetrics(): Record<string, MetricData> {
    return this.#history.listLast(this.#beforeEval);
  }

  /** Every value of every key in order, from the creation of this evaluator; a resumed run starts a new history. */
  getAllMetrics(): Record<string, MetricSeries> {
    return this.#history.listAll();
  }

  /** Forgets the newest values: what comes next is listed alone. `getAllMetrics` keeps them. */
  resetLastMetrics(): void {
    this.#history.forgetLast();
  }

  /** Takes in a value that no metric has measured. Loggers get it at the next event. */
  publishMetricValue({ key, value, step }: MetricReading & Pick<MetricValue, "step">): void {
    const published = { key, value, step, experience: this.#state.trainedExperience ?? null };
    this.#history.add([published]);
    this.#published = [...this.#published, published];
  }

  /** What `restore` needs to go on from here, as plain data that survives JSON; the history is not part of it. */
  save(): SavedState {
    return this.#state.save();
  }

  /**
   * Goes on from where `save` was called.
   * @throws {TypeError} If `state` was not made by `save`.
   * @throws {RangeError} If it was saved with other metrics.
   */
  restore(state: unknown): void {
    // Checkpoints of earlier versions have no name.
    this.#state.restore(typeof state === "object" && state !== null ? { trainedName: null, ...state } : state);
  }

  /** What the loggers that write files need to go on from here; their files are on the disk then. */
  saveLoggers(): readonly LoggerState[] {
    return this.#loggers.save();
  }

  /**
   * From now on, until `restoreLoggers`, loggers that write files hear nothing: what comes is in their files already.
   */
  holdLoggers(): void {
    this.#loggers.isRepeating = true;
  }

  /** Cuts the loggers' files back to where `saveLoggers` was called; empty to where the run began. */
  restoreLoggers(states: readonly LoggerState[]): void {
    this.#loggers.restore(states);
    this.#loggers.isRepeating = false;
  }

  get #newestValues(): Part {
    return {
      save: () => this.#history.saveLast(this.#beforeTrain),
      restore: (saved) => {
        this.#beforeTrain = this.#history.restoreLast(saved);
        this.#beforeEval = this.#history.length;
      },
    };
  }

  #follow(event: EvaluationEvent, strategy: EvaluatedStrategy): void {
    if (!this.active) return;
    let values: MetricValue[] | undefined;
    for (const metric of this.#listeners.get(event) ?? []) {
      const readings = metric[event]?.(strategy);
      if (readings === undefined) continue;
      values ??= [];
      const { trainedExperience = null, trainedName } = this.#state;
      const origin = {
        step: strategy.clock.trainIterations,
        experience: trainedExperience,
        ...(trainedName === undefined ? {} : { experienceName: trainedName }),
        ...(metric.ofMachine ? { ofMachine: metric.ofMachine } : {}),
      };
      for (const { key, value } of readings) values.push({ key, value, ...origin });
    }
    if (values !== undefined) this.#history.add(values);
    const heard = this.#published.length > 0 ? [...this.#published, ...(values ?? nothing)] : (values ?? nothing);
    this.#published = nothing;
    this.#loggers.notify(event, strategy, heard);
  }
}

/** The states of all metrics by their names, which must be the same when they are restored. */
function joinMetrics(metrics: readonly PluginMetric[]): Part {
  return {
    save: () => Object.fromEntries(metrics.map((metric) => [metric.name, metric.save()])),
    restore: (state) => {
      const subject = `the saved state of ${OWNER}`;
      const saved = readRecord(state, { subject, path: "metrics" });
      const names = metrics.map(({ name }) => name);
      if (names.length !== saved.size || !names.every((name) => saved.has(name))) {
        throw new RangeRefusal(needs(subject, `the metrics ${names.join(", ")}`, [...saved.keys()]));
      }
      restoreParts(
        metrics.map((metric) => ({ part: metric, saved: saved.get(metric.name) })),
        undefined,
      );
    },
  };
}

/** @throws {RangeError} If these are not all experiences of their stream. */
function assertWholeStream(experiences: readonly Experience[]): void {
  const stream = experiences[0]?.originStream;
  if (!stream || experiences.length === stream.length) return;
  const wanted = `all ${stream.length} experiences of the stream ${JSON.stringify(stream.name)}`;
  throw new RangeRefusal(needs("eval() with strictChecks", wanted, experiences.length));
}

function writeToStandardError(message: string): void {
  try {
    process.stderr.write(`${formatAsLine(message)}\n`);
  } catch {
    // A full disk, say: that a logger failed ends no training, and neither does that it cannot be told.
  }
}
