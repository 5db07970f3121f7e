import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { anything, flag, oneOf } from "../../core/options/value_rules.ts";
import { count, declareState, list, number } from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { readRates, writeRates } from "../shared/learning_rates.ts";
import {
  assertSchedule,
  assertWarmUp,
  evaluateSchedule,
  type LearningRateSchedule,
  type WarmUp,
} from "./learning_rate_schedule.ts";

const GRANULARITIES = ["epoch", "iteration"] as const;

/** When the learning rate changes, and how. */
export interface LRSchedulerOptions {
  /** Default: constant, for a warm-up alone. */
  readonly schedule?: LearningRateSchedule;
  /** Default: none. */
  readonly warmUp?: WarmUp;
  /** What a step of the schedule is. Default: "epoch". */
  readonly granularity?: (typeof GRANULARITIES)[number];
  /** Whether the schedule begins anew with each experience. Default: true. */
  readonly resetScheduler?: boolean;
  /**
   * Whether the learning rate of each experience begins where the first one's did. False lets a schedule that begins
   * anew go on from the learning rate that the experience before ended with. Default: as `resetScheduler`.
   */
  readonly resetLearningRate?: boolean;
  /** True: the learning rate changes in the first epoch of each experience alone. */
  readonly firstEpochOnly?: boolean;
  /** True: the learning rate changes in the first experience alone. */
  readonly firstExperienceOnly?: boolean;
}

const LR_SCHEDULER_RULES: OptionRules<LRSchedulerOptions> = {
  schedule: anything(),
  warmUp: anything(),
  granularity: oneOf(GRANULARITIES),
  resetScheduler: flag(),
  resetLearningRate: flag(),
  firstEpochOnly: flag(),
  firstExperienceOnly: flag(),
};

/**
 * Changes the optimizer's learning rate after each epoch or iteration, as a multiple of what it is when training
 * begins; with groups of parameters, the learning rate of each. See `ReduceLROnPlateauPlugin` for a schedule that
 * looks at a loss.
 * @see Loshchilov and Hutter 2017, SGDR, arXiv:1608.03983 (cosine); Goyal et al. 2017, arXiv:1706.02677 (warm-up)
 */
export class LRSchedulerPlugin implements StrategyPlugin {
  readonly name = "LRSchedulerPlugin";
  readonly readsOutputs = false;
  readonly traits: readonly Trait[] = ["setsLearningRate"];
  readonly excludes: readonly Trait[] = ["setsLearningRate"];
  readonly #options: Required<LRSchedulerOptions>;
  readonly #state = declareState("LRSchedulerPlugin", {
    /** Learning rates when training began, by group. */
    base: list(number()),
    /** What the schedule multiplies: divided by `divisor`, they are those of its step 0. */
    anchors: list(number()),
    divisor: number(1),
    step: count(),
  });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: LRSchedulerOptions = {}) {
    const subject = "LRSchedulerPlugin";
    assertOptions(subject, options, LR_SCHEDULER_RULES);
    const { schedule = { kind: "constant" }, warmUp = { steps: 0 }, granularity = "epoch" } = options;
    const { resetScheduler = true, firstEpochOnly = false, firstExperienceOnly = false } = options;
    const { resetLearningRate = resetScheduler } = options;
    assertSchedule(`${subject}: schedule`, schedule);
    assertWarmUp(`${subject}: warmUp`, warmUp);
    this.#options = {
      schedule,
      warmUp,
      granularity,
      resetScheduler,
      resetLearningRate,
      firstEpochOnly,
      firstExperienceOnly,
    };
  }

  beforeTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base.length > 0 && !this.#options.resetLearningRate) return;
    this.#state.base = readRates(optimizer);
    if (this.#state.anchors.length === 0) this.#state.anchors = this.#state.base;
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const { resetScheduler, resetLearningRate } = this.#options;
    const state = this.#state;
    const isFirst = strategy.clock.trainExpCounter === 0;
    if (resetScheduler) state.step = 0;
    if (resetLearningRate) this.#anchor(state.base, state.step === 0 ? 1 : this.#evaluate());
    else if (resetScheduler && !isFirst) this.#anchor(readRates(strategy.optimizer), this.#evaluate());
    if (this.#isOver(strategy)) {
      if (resetLearningRate) writeRates(strategy.optimizer, state.base);
    } else {
      this.#apply(strategy);
    }
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    if (this.#options.granularity === "iteration") this.#advance(strategy);
  }

  afterTrainingEpoch(strategy: BaseStrategy): void {
    if (this.#options.granularity === "epoch") this.#advance(strategy);
  }

  /** Training without this plugin then continues with the learning rate that was asked for. */
  afterTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base.length > 0 && this.#options.resetLearningRate) writeRates(optimizer, this.#state.base);
  }

  #advance(strategy: BaseStrategy): void {
    if (this.#isOver(strategy) || (this.#options.firstEpochOnly && strategy.clock.trainExpEpochs > 0)) return;
    this.#state.step += 1;
    this.#apply(strategy);
  }

  #isOver(strategy: BaseStrategy): boolean {
    return this.#options.firstExperienceOnly && countPastExperiences(strategy) > 0;
  }

  /** The schedule's present value is that of these learning rates. Where it is 0, they count as those of its step 0. */
  #anchor(rates: readonly number[], value: number): void {
    this.#state.anchors = [...rates];
    this.#state.divisor = value === 0 ? 1 : value;
  }

  #apply({ optimizer }: BaseStrategy): void {
    const { anchors, divisor } = this.#state;
    const factor = this.#evaluate() / divisor;
    if (anchors.length > 0)
      writeRates(
        optimizer,
        anchors.map((rate) => rate * factor),
      );
  }

  #evaluate(): number {
    const { schedule, warmUp } = this.#options;
    return evaluateSchedule(schedule, this.#state.step, warmUp);
  }
}

/** By the name under which a list of methods loads it. */
export { LRSchedulerPlugin as plugin };
