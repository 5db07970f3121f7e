import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, number, oneOf, wholeNumber } from "../../core/options/value_rules.ts";
import { count, declareState, flag as flagField, number as numberField, optional } from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";

const METRICS = ["train-loss", "val-loss"] as const;

/** Which loss is watched, and what is done when it gets no better. */
export interface ReduceLROnPlateauOptions {
  /**
   * "train-loss": the mean training loss of each epoch. "val-loss": the mean criterion of each evaluation while an
   * experience is trained, which takes `evalEvery` above 0 and one evaluation stream. Default: "train-loss".
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
  /** Whether learning rate, best loss and patience begin anew with each experience. Default: true. */
  readonly resetScheduler?: boolean;
}

const REDUCE_LR_ON_PLATEAU_RULES: OptionRules<ReduceLROnPlateauOptions> = {
  metric: oneOf(METRICS),
  factor: number({ above: 0, below: 1 }),
  patience: wholeNumber(),
  threshold: number({ atLeast: 0, atMost: 1 }),
  minimum: number({ atLeast: 0 }),
  resetScheduler: flag(),
};

/**
 * Lowers the learning rate when a loss has stopped falling, with PyTorch's definition of `ReduceLROnPlateau`.
 * @see Paszke et al. 2019, PyTorch, arXiv:1912.01703
 */
export class ReduceLROnPlateauPlugin implements StrategyPlugin {
  readonly name = "ReduceLROnPlateauPlugin";
  readonly traits: readonly Trait[] = ["setsLearningRate"];
  readonly excludes: readonly Trait[] = ["setsLearningRate"];
  readonly #options: Required<ReduceLROnPlateauOptions>;
  readonly #state = declareState("ReduceLROnPlateauPlugin", {
    base: optional(numberField()),
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
    const { minimum = 0, resetScheduler = true } = options;
    this.#options = { metric, factor, patience, threshold, minimum, resetScheduler };
  }

  assertUsable({ options }: StrategySetup): void {
    if (this.#options.metric === "val-loss" && options.evalEvery < 1) {
      throw new RangeRefusal(needs("ReduceLROnPlateauPlugin", "evalEvery of at least 1", options.evalEvery));
    }
  }

  beforeTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base === undefined || this.#options.resetScheduler) this.#state.base = optimizer.learningRate;
  }

  beforeTrainingExp({ optimizer }: BaseStrategy): void {
    this.#state.isTraining = true;
    this.#forget();
    if (!this.#options.resetScheduler || this.#state.base === undefined) return;
    optimizer.learningRate = this.#state.base;
    this.#state.best = undefined;
    this.#state.misses = 0;
  }

  afterTrainingIteration({ loss, mbatch }: BaseStrategy): void {
    if (this.#options.metric === "train-loss") this.#add(loss, mbatch.length);
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
    if (this.#state.base !== undefined && this.#options.resetScheduler) optimizer.learningRate = this.#state.base;
  }

  #add(loss: number, samples: number): void {
    this.#state.sum += loss * samples;
    this.#state.count += samples;
  }

  #forget(): void {
    this.#state.sum = 0;
    this.#state.count = 0;
  }

  #judge({ optimizer }: BaseStrategy): void {
    if (this.#state.count === 0) return;
    const loss = this.#state.sum / this.#state.count;
    this.#forget();
    const { factor, patience, threshold, minimum } = this.#options;
    if (this.#state.best === undefined || loss < this.#state.best * (1 - threshold)) {
      this.#state.best = loss;
      this.#state.misses = 0;
      return;
    }
    this.#state.misses += 1;
    if (this.#state.misses <= patience) return;
    this.#state.misses = 0;
    optimizer.learningRate = Math.max(minimum, optimizer.learningRate * factor);
  }
}
