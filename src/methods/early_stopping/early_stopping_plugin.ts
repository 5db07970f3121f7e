import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { count, declareState, list, mapByName, number, optional, record, vector } from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { EARLY_STOPPING_OPTIONS, type EarlyStoppingOptions } from "./options.ts";

const BEST = record({
  value: number(),
  parameters: vector(),
  /** Of other plugins. */
  extraParameters: list(vector()),
  state: vector(),
  optimizer: list(vector()),
  stepCount: count(),
  /** Of heads of tasks. */
  taskSteps: optional(mapByName(count())),
});

/** In the keys of what training itself measures. */
const TRAINING = "/train_phase/train_stream";

/**
 * Stops an experience's training when a metric has not improved for `patience` evaluations, and always leaves the best
 * parameters, averages of them and optimizer state of the experience behind, also when the epochs run out first. Needs
 * `evalEvery` above 0, unless `valStreamName` is "train": without evaluations, what each epoch's training measured is
 * looked at. List it before plugins that read the trained parameters at an experience's end; a strategy's own plugin
 * comes after it.
 */
export class EarlyStoppingPlugin implements StrategyPlugin {
  readonly name = "EarlyStoppingPlugin";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #options: ResolvedOptions<typeof EARLY_STOPPING_OPTIONS>;
  readonly #state = declareState("EarlyStoppingPlugin", {
    best: optional(BEST),
    /** How many values of each key were looked at. */
    counts: mapByName(count()),
    misses: count(),
  });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: EarlyStoppingOptions) {
    const options = resolveOptions("EarlyStoppingPlugin", given, EARLY_STOPPING_OPTIONS);
    const { metricName, valStreamName } = options;
    this.#options = options;
    const isOfStream = metricName.includes(`/eval_phase/${valStreamName}_stream`);
    if (isWholeKey(metricName) && !isOfStream && !this.#isOfTraining(metricName)) {
      throw new RangeRefusal(
        needs("EarlyStoppingPlugin", `a key of the stream ${JSON.stringify(valStreamName)}`, metricName),
      );
    }
  }

  assertUsable({ options }: StrategySetup): void {
    if (options.evalEvery < 1 && !this.#isOfTraining(this.#findPrefix(options))) {
      throw new RangeRefusal(needs("EarlyStoppingPlugin", "evalEvery of at least 1", options.evalEvery));
    }
  }

  /** Evaluations of earlier experiences do not count. */
  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#state.best = undefined;
    this.#state.misses = 0;
    this.#takeReading(strategy);
  }

  beforeTrainingEpoch(strategy: BaseStrategy): void {
    this.#look(strategy);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    const { evalMode, evalEvery } = strategy.options;
    if (evalMode === "iteration" && evalEvery > 0) this.#look(strategy);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#look(strategy);
    const { best } = this.#state;
    if (!best) return;
    strategy.parameters.set(best.parameters);
    for (const [i, own] of listExtraParameters(strategy).entries()) own.set(best.extraParameters[i] ?? own);
    strategy.cluster.state.set(best.state);
    for (const [i, own] of best.optimizer.entries()) strategy.cluster.optimizerState[i]?.set(own);
    strategy.cluster.stepCount = best.stepCount;
    strategy.cluster.taskSteps.restore(best.taskSteps ?? best.stepCount);
    this.#state.best = undefined;
  }

  get #takesSeveral(): boolean {
    return !isWholeKey(this.#options.metricName);
  }

  /** What the keys that are looked at begin with: whole names, or the whole of a key. */
  #findPrefix({ evalEvery }: StrategySetup["options"]): string {
    const { metricName, valStreamName } = this.#options;
    if (isWholeKey(metricName)) return metricName;
    // What training measures over an epoch is what an evaluation measures over a stream.
    if (valStreamName === "train" && evalEvery < 1) return metricName.replace(/_Stream$/, "_Epoch") + TRAINING;
    return `${metricName}/eval_phase/${valStreamName}_stream`;
  }

  #isOfTraining(key: string): boolean {
    return this.#options.valStreamName === "train" && key.includes(TRAINING);
  }

  #look(strategy: BaseStrategy): void {
    const value = this.#takeReading(strategy);
    if (value === undefined) {
      // Every experience is evaluated after its first epoch or iteration.
      if (!this.#state.best && strategy.clock.trainExpIterations > 0) this.#refuseMetric(strategy);
      return;
    }
    if (this.#isBetter(value)) {
      const { parameters, cluster } = strategy;
      const optimizer = cluster.optimizerState.map((vector) => Float32Array.from(vector));
      this.#state.best = {
        value,
        parameters: Float32Array.from(parameters),
        extraParameters: listExtraParameters(strategy).map((vector) => Float32Array.from(vector)),
        state: Float32Array.from(cluster.state),
        optimizer,
        stepCount: cluster.stepCount,
        taskSteps: cluster.taskSteps.save(),
      };
      this.#state.misses = 0;
      return;
    }
    this.#state.misses += 1;
    if (this.#state.misses >= this.#options.patience) strategy.stopTraining();
  }

  #isBetter(value: number): boolean {
    if (!this.#state.best) return true;
    const { mode, margin } = this.#options;
    const gain = mode === "max" ? value - this.#state.best.value : this.#state.best.value - value;
    return gain > 0 && gain >= margin;
  }

  /** New units keep the values that they begin with, as they were not trained when the best was. */
  afterModelGrowth({ parameters, cluster }: BaseStrategy, growth: ModelGrowth): void {
    const { best } = this.#state;
    if (!best) return;
    this.#state.best = {
      ...best,
      parameters: growth.remap(best.parameters, parameters),
      extraParameters: best.extraParameters.map((own) => growth.remap(own, parameters)),
      state: growth.remapState(best.state, cluster.state),
      optimizer: best.optimizer.map((own) => growth.remap(own)),
    };
  }

  /** The metric's newest value since the last call, of the last key that has one; undefined if there is none. */
  #takeReading(strategy: BaseStrategy): number | undefined {
    const prefix = this.#findPrefix(strategy.options);
    let newest: number | undefined;
    for (const [key, { values, count }] of Object.entries(strategy.evaluator.getAllMetrics())) {
      if (key !== prefix && !(this.#takesSeveral && key.startsWith(`${prefix}/`))) continue;
      if (count > (this.#state.counts.get(key) ?? 0)) newest = Number(values.at(-1));
      this.#state.counts.set(key, count);
    }
    return newest;
  }

  #refuseMetric(strategy: BaseStrategy): never {
    const prefix = this.#findPrefix(strategy.options);
    const [phase, verb] = this.#isOfTraining(prefix) ? [TRAINING, "measured"] : ["/eval_phase/", "evaluated"];
    const keys = Object.keys(strategy.evaluator.getAllMetrics()).filter((key) => key.includes(phase));
    const wanted = `a metric ${prefix} among those ${verb}`;
    throw new RangeRefusal(needs("EarlyStoppingPlugin", wanted, keys));
  }
}

function listExtraParameters({ plugins }: BaseStrategy): readonly Float32Array[] {
  return plugins.flatMap(({ extraParameters = [] }) => extraParameters);
}

/** "Top1_Acc_Exp/eval_phase/valid_stream/Task000/Exp001", say, where "Top1_Acc_Exp" is a name. */
function isWholeKey(metricName: string): boolean {
  return metricName.includes("/");
}

/** By the names under which a list of methods loads them. */
export { EarlyStoppingPlugin as plugin };
