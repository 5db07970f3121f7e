import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, number, oneOf, wholeNumber } from "../../core/options/value_rules.ts";
import {
  count,
  declareState,
  flag as flagField,
  list,
  number as numberField,
  optional,
} from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { readRates, writeRates } from "../shared/learning_rates.ts";

const GRANULARITIES = ["epoch", "iteration"] as const;
const METRICS = ["train-loss", "val-loss"] as const;

/** Which loss is watched, and what is done when it gets no better. */
export interface ReduceLROnPlateauOptions {
  /**
   * "train-loss": the mean training loss of each epoch or iteration. "val-loss": the mean criterion of each evaluation
   * while an experience is trained, which takes `evalEvery` above 0 and one evaluation stream. Default: "train-loss".
   */
  readonly metric?: (typeof METRICS)[number];
  /** What the learning rate is multiplied by, above 0 and below 1. Default: 0.1. */
  readonly factor?: number;
  /** How many losses in a row may be no better before that. Default: 10. */
  readonly patience?: number;
  /** A loss is better if it is below (1 − threshold) · best. Default: 1e-4. */
  readonly threshold?: number;
  /** The learning rate never falls below this. Default: 0. */
  readonly minimum?: number;
  /** How often the training loss is looked at. For the other metric `evalMode` says it. Default: "epoch". */
  readonly granularity?: (typeof GRANULARITIES)[number];
  /** Whether best loss and patience begin anew with each experience. Default: true. */
  readonly resetScheduler?: boolean;
  /** Whether the learning rate of each experience begins where the first one's did. Default: as `resetScheduler`. */
  readonly resetLearningRate?: boolean;
  /** True: losses of later epochs of an experience are not looked at. */
  readonly firstEpochOnly?: boolean;
  /** True: losses of later experiences are not looked at. */
  readonly firstExperienceOnly?: boolean;
}

const REDUCE_LR_ON_PLATEAU_RULES: OptionRules<ReduceLROnPlateauOptions> = {
  metric: oneOf(METRICS),
  factor: number({ above: 0, below: 1 }),
  patience: wholeNumber(),
  threshold: number({ atLeast: 0, atMost: 1 }),
  minimum: number({ atLeast: 0 }),
  granularity: oneOf(GRANULARITIES),
  resetScheduler: flag(),
  resetLearningRate: flag(),
  firstEpochOnly: flag(),
  firstExperienceOnly: flag(),
};

/**
 * Lowers the learning rate, that of each group of parameters, when a loss has stopped falling, with PyTorch's
 * definition of `ReduceLROnPlateau`.
 * @see Paszke et al. 2019, PyTorch, arXiv:1912.01703
 */
export class ReduceLROnPlateauPlugin implements StrategyPlugin {
  readonly name = "ReduceLROnPlateauPlugin";
  readonly readsOutputs = false;
  readonly traits: readonly Trait[] = ["setsLearningRate"];
  readonly excludes: readonly Trait[] = ["setsLearningRate"];
  readonly #options: Required<ReduceLROnPlateauOptions>;
  readonly #state = declareState("ReduceLROnPlateauPlugin", {
    base: list(numberField()),
    best: optional(numberField()),
    misses: count(),
    sum: numberField(),
    count: count(),
    isTraining: flagField(),
  });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    assertOptions("ReduceLROnPlateauPlugin", options, REDUCE_LR_ON_PLATEAU_RULES);
    const { metric = "train-loss", factor = 0.1, patience = 10, threshold = 1e-4 } = options;
    const { minimum = 0, granularity = "epoch", firstEpochOnly = false, firstExperienceOnly = false } = options;
    const { resetScheduler = true, resetLearningRate = resetScheduler } = options;
    if (metric === "val-loss" && options.granularity !== undefined) {
      throw new RangeRefusal('ReduceLROnPlateauPlugin: granularity requires metric "train-loss", got "val-loss"');
    }
    const watched = { metric, granularity, firstEpochOnly, firstExperienceOnly };
    this.#options = { ...watched, factor, patience, threshold, minimum, resetScheduler, resetLearningRate };
  }

  assertUsable({ options }: StrategySetup): void {
    if (this.#options.metric === "val-loss" && options.evalEvery < 1) {
      throw new RangeRefusal(needs("ReduceLROnPlateauPlugin", "evalEvery of at least 1", options.evalEvery));
    }
  }

  beforeTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base.length === 0 || this.#options.resetLearningRate) this.#state.base = readRates(optimizer);
  }

  beforeTrainingExp({ optimizer }: BaseStrategy): void {
    this.#state.isTraining = true;
    this.#forget();
    if (this.#options.resetLearningRate) writeRates(optimizer, this.#state.base);
    if (!this.#options.resetScheduler) return;
    this.#state.best = undefined;
    this.#state.misses = 0;
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    const { metric, granularity } = this.#options;
    if (metric !== "train-loss") return;
    this.#add(strategy.loss, strategy.mbatch.length);
    if (granularity === "iteration") this.#judge(strategy);
  }

  afterTrainingEpoch(strategy: BaseStrategy): void {
    if (this.#options.metric === "train-loss") this.#judge(strategy);
  }

  beforeEval(): void {
    if (this.#options.metric === "val-loss") this.#forget();
  }

  afterEvalIteration({ loss, mbatch }: BaseStrategy): void {
    if (this.#options.metric === "val-loss" && this.#state.isTraining) this.#add(loss, mbatch.length);
  }

  afterEval(strategy: BaseStrategy): void {
    if (this.#options.metric === "val-loss") this.#judge(strategy);
  }

  afterTrainingExp(): void {
    this.#state.isTraining = false;
  }

  /** Training without this plugin then continues with the learning rate that was asked for. */
  afterTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base.length > 0 && this.#options.resetLearningRate) writeRates(optimizer, this.#state.base);
  }

  #add(loss: number, samples: number): void {
    this.#state.sum += loss * samples;
    this.#state.count += samples;
  }

  #forget(): void {
    this.#state.sum = 0;
    this.#state.count = 0;
  }

  #judge(strategy: BaseStrategy): void {
    if (this.#state.count === 0) return;
    const loss = this.#state.sum / this.#state.count;
    this.#forget();
    if (!this.#isWatching(strategy)) return;
    const { factor, patience, threshold, minimum } = this.#options;
    if (this.#state.best === undefined || loss < this.#state.best * (1 - threshold)) {
      this.#state.best = loss;
      this.#state.misses = 0;
      return;
    }
    this.#state.misses += 1;
    if (this.#state.misses <= patience) return;
    this.#state.misses = 0;
    const { optimizer } = strategy;
    // A learning rate below the minimum is left as it is: that of a group that is held still, say.
    const lower = (rate: number) => Math.min(rate, Math.max(minimum, rate * factor));
    writeRates(optimizer, readRates(optimizer).map(lower));
  }

  #isWatching(strategy: BaseStrategy): boolean {
    const { firstEpochOnly, firstExperienceOnly } = this.#options;
    if (firstExperienceOnly && countPastExperiences(strategy) > 0) return false;
    return !firstEpochOnly || strategy.clock.trainExpEpochs === 0;
  }
}
