import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import {
  parseSavedCount,
  parseSavedList,
  parseSavedNumber,
  parseSavedRecord,
  parseSavedVector,
  type SavedState,
} from "../../core/saved_state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { EARLY_STOPPING_OPTIONS, type EarlyStoppingOptions } from "./options.ts";

interface Best {
  readonly value: number;
  readonly parameters: Float32Array;
  /** Of other plugins. */
  readonly companions: readonly Float32Array[];
  readonly state: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly stepCount: number;
}

/**
 * Stops an experience's training when a metric has not improved for `patience` evaluations, and always leaves the best
 * parameters, averages of them and optimizer state of the experience behind, also when the epochs run out first. Needs
 * `evalEvery` above 0. List it before plugins that read the trained parameters at an experience's end; a strategy's own
 * plugin comes after it.
 */
export class EarlyStoppingPlugin implements StrategyPlugin {
  readonly name = "EarlyStoppingPlugin";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #options: ResolvedOptions<typeof EARLY_STOPPING_OPTIONS>;
  /** What the keys that are looked at begin with: whole names, or the whole of a key. */
  readonly #prefix: string;
  #best: Best | undefined;
  /** How many values of each key were looked at. */
  readonly #counts = new Map<string, number>();
  #misses = 0;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: EarlyStoppingOptions) {
    const options = resolveOptions("EarlyStoppingPlugin", given, EARLY_STOPPING_OPTIONS);
    const { metricName } = options;
    this.#options = options;
    this.#prefix = isWholeKey(metricName) ? metricName : `${metricName}/eval_phase/${options.valStreamName}_stream`;
    if (!this.#prefix.includes(`/eval_phase/${options.valStreamName}_stream`)) {
      throw new RangeRefusal(
        needs("EarlyStoppingPlugin", `a key of the stream ${JSON.stringify(options.valStreamName)}`, metricName),
      );
    }
  }

  assertUsable({ options }: StrategySetup): void {
    if (options.evalEvery < 1) {
      throw new RangeRefusal(needs("EarlyStoppingPlugin", "evalEvery of at least 1", options.evalEvery));
    }
  }

  /** Evaluations of earlier experiences do not count. */
  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#best = undefined;
    this.#misses = 0;
    this.#takeReading(strategy);
  }

  beforeTrainingEpoch(strategy: BaseStrategy): void {
    this.#look(strategy);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    if (strategy.options.evalMode === "iteration") this.#look(strategy);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#look(strategy);
    if (!this.#best) return;
    strategy.parameters.set(this.#best.parameters);
    for (const [i, vector] of listCompanions(strategy).entries()) vector.set(this.#best.companions[i] ?? vector);
    strategy.cluster.state.set(this.#best.state);
    for (const [i, vector] of this.#best.optimizer.entries()) strategy.cluster.optimizerState[i]?.set(vector);
    strategy.cluster.stepCount = this.#best.stepCount;
    this.#best = undefined;
  }

  get #takesSeveral(): boolean {
    return !isWholeKey(this.#options.metricName);
  }

  #look(strategy: BaseStrategy): void {
    const value = this.#takeReading(strategy);
    if (value === undefined) {
      // Every experience is evaluated after its first epoch or iteration.
      if (!this.#best && strategy.clock.trainExpIterations > 0) this.#refuseMetric(strategy);
      return;
    }
    if (this.#isBetter(value)) {
      const { parameters, cluster } = strategy;
      const optimizer = cluster.optimizerState.map((vector) => Float32Array.from(vector));
      this.#best = {
        value,
        parameters: Float32Array.from(parameters),
        companions: listCompanions(strategy).map((vector) => Float32Array.from(vector)),
        state: Float32Array.from(cluster.state),
        optimizer,
        stepCount: cluster.stepCount,
      };
      this.#misses = 0;
      return;
    }
    this.#misses += 1;
    if (this.#misses >= this.#options.patience) strategy.stopTraining();
  }

  #isBetter(value: number): boolean {
    if (!this.#best) return true;
    const { mode, margin } = this.#options;
    const gain = mode === "max" ? value - this.#best.value : this.#best.value - value;
    return gain > 0 && gain >= margin;
  }

  /** New units keep the values that they begin with, as they were not trained when the best was. */
  afterModelGrowth({ parameters, cluster }: BaseStrategy, growth: ModelGrowth): void {
    if (!this.#best) return;
    this.#best = {
      ...this.#best,
      parameters: growth.remap(this.#best.parameters, parameters),
      companions: this.#best.companions.map((vector) => growth.remap(vector, parameters)),
      state: growth.remapState(this.#best.state, cluster.state),
      optimizer: this.#best.optimizer.map((vector) => growth.remap(vector)),
    };
  }

  saveState(): SavedState {
    const best = this.#best ? { ...this.#best } : null;
    return { best, counts: Object.fromEntries(this.#counts), misses: this.#misses };
  }

  restoreState(saved: SavedState): void {
    const act = "the saved state of EarlyStoppingPlugin";
    const { best, counts, misses } = parseSavedRecord(act, saved);
    this.#misses = parseSavedCount(act, misses);
    this.#counts.clear();
    for (const [key, count] of Object.entries(parseSavedRecord(act, counts))) this.#counts.set(key, Number(count));
    this.#best = undefined;
    if (best === null) return;
    const { value, parameters, companions, state, optimizer, stepCount } = parseSavedRecord(act, best);
    this.#best = {
      value: parseSavedNumber(act, value),
      parameters: parseSavedVector(act, parameters),
      companions: parseSavedList(act, companions).map((vector) => parseSavedVector(act, vector)),
      state: parseSavedVector(act, state),
      optimizer: parseSavedList(act, optimizer).map((vector) => parseSavedVector(act, vector)),
      stepCount: parseSavedCount(act, stepCount),
    };
  }

  /** The metric's newest value since the last call, of the last key that has one; undefined if there is none. */
  #takeReading(strategy: BaseStrategy): number | undefined {
    let newest: number | undefined;
    for (const [key, { values, count }] of Object.entries(strategy.evaluator.getAllMetrics())) {
      if (key !== this.#prefix && !(this.#takesSeveral && key.startsWith(`${this.#prefix}/`))) continue;
      if (count > (this.#counts.get(key) ?? 0)) newest = Number(values.at(-1));
      this.#counts.set(key, count);
    }
    return newest;
  }

  #refuseMetric(strategy: BaseStrategy): never {
    const keys = Object.keys(strategy.evaluator.getAllMetrics()).filter((key) => key.includes("/eval_phase/"));
    const wanted = `a metric ${this.#prefix} among those evaluated`;
    throw new RangeRefusal(needs("EarlyStoppingPlugin", wanted, keys));
  }
}

function listCompanions({ plugins }: BaseStrategy): readonly Float32Array[] {
  return plugins.flatMap(({ companions = [] }) => companions);
}

/** "Top1_Acc_Exp/eval_phase/valid_stream/Task000/Exp001", say, where "Top1_Acc_Exp" is a name. */
function isWholeKey(metricName: string): boolean {
  return metricName.includes("/");
}

/** By the names under which a list of methods loads them. */
export { EarlyStoppingPlugin as plugin };
