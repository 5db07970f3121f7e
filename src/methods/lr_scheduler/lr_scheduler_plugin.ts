import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { anything, flag, oneOf } from "../../core/options/value_rules.ts";
import { count, declareState, number, optional } from "../../core/state/state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
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
  /** True: later experiences are trained with the plain learning rate. */
  readonly firstExperienceOnly?: boolean;
}

const LR_SCHEDULER_RULES: OptionRules<LRSchedulerOptions> = {
  schedule: anything(),
  warmUp: anything(),
  granularity: oneOf(GRANULARITIES),
  resetScheduler: flag(),
  firstExperienceOnly: flag(),
};

/**
 * Changes the optimizer's learning rate after each epoch or iteration, as a multiple of what it is when training
 * begins. See `ReduceLROnPlateauPlugin` for a schedule that looks at a loss.
 * @see Loshchilov and Hutter 2017, SGDR, arXiv:1608.03983 (cosine); Goyal et al. 2017, arXiv:1706.02677 (warm-up)
 */
export class LRSchedulerPlugin implements StrategyPlugin {
  readonly name = "LRSchedulerPlugin";
  readonly traits: readonly Trait[] = ["setsLearningRate"];
  readonly excludes: readonly Trait[] = ["setsLearningRate"];
  readonly #options: Required<LRSchedulerOptions>;
  readonly #state = declareState("LRSchedulerPlugin", { base: optional(number()), step: count() });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: LRSchedulerOptions = {}) {
    const subject = "LRSchedulerPlugin";
    assertOptions(subject, options, LR_SCHEDULER_RULES);
    const { schedule = { kind: "constant" }, warmUp = { steps: 0 }, granularity = "epoch" } = options;
    const { resetScheduler = true, firstExperienceOnly = false } = options;
    assertSchedule(`${subject}: schedule`, schedule);
    assertWarmUp(`${subject}: warmUp`, warmUp);
    this.#options = { schedule, warmUp, granularity, resetScheduler, firstExperienceOnly };
  }

  beforeTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base === undefined || this.#options.resetScheduler) this.#state.base = optimizer.learningRate;
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    if (this.#options.resetScheduler) this.#state.step = 0;
    this.#apply(strategy);
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    if (this.#options.granularity === "iteration") this.#advance(strategy);
  }

  afterTrainingEpoch(strategy: BaseStrategy): void {
    if (this.#options.granularity === "epoch") this.#advance(strategy);
  }

  /** Training without this plugin then continues with the learning rate that was asked for. */
  afterTraining({ optimizer }: BaseStrategy): void {
    if (this.#state.base !== undefined && this.#options.resetScheduler) optimizer.learningRate = this.#state.base;
  }

  #advance(strategy: BaseStrategy): void {
    this.#state.step += 1;
    this.#apply(strategy);
  }

  #apply(strategy: BaseStrategy): void {
    const { optimizer } = strategy;
    const { base, step } = this.#state;
    if (base === undefined) return;
    const { schedule, warmUp, firstExperienceOnly } = this.#options;
    const isPlain = firstExperienceOnly && countPastExperiences(strategy) > 0;
    optimizer.learningRate = isPlain ? base : base * evaluateSchedule(schedule, step, warmUp);
  }
}

/** By the name under which a list of methods loads it. */
export { LRSchedulerPlugin as plugin };
