import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { objectLike, required } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RestoreContext, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { restoreNestedStrategy, saveNestedStrategy } from "./nested_strategy.ts";

/** Which generator is trained. */
export interface TrainGeneratorAfterExpOptions {
  /**
   * A `VAETraining`, or a strategy of your own. It must not train anything else; it is closed with the outer strategy.
   */
  readonly generatorStrategy: BaseStrategy;
}

const TRAIN_GENERATOR_AFTER_EXP_RULES: OptionRules<TrainGeneratorAfterExpOptions> = {
  generatorStrategy: required(objectLike("a strategy", "train", "plugins")),
};

/**
 * Trains a generator on each experience when the strategy has done with it, for a `GenerativeReplayPlugin` to replay
 * from. A checkpoint holds the generator; none is made while it trains.
 * @see Shin et al. 2017, Continual Learning with Deep Generative Replay, arXiv:1705.08690
 */
export class TrainGeneratorAfterExpPlugin implements StrategyPlugin {
  readonly name = "TrainGeneratorAfterExpPlugin";
  readonly #generator: BaseStrategy;
  #isOwned = false;

  /** @throws {TypeError} If it is no strategy. */
  constructor(options: TrainGeneratorAfterExpOptions) {
    assertOptions("TrainGeneratorAfterExpPlugin", options, TRAIN_GENERATOR_AFTER_EXP_RULES);
    this.#generator = options.generatorStrategy;
  }

  async beforeTraining(strategy: BaseStrategy): Promise<void> {
    await this.#generator.start();
    this.#own(strategy);
  }

  async afterTrainingExp({ experience, dropLast }: BaseStrategy): Promise<void> {
    await this.#generator.train(experience, dropLast ? { dropLast } : {});
  }

  saveState(): SavedState {
    return saveNestedStrategy(this.#generator);
  }

  async restoreState(saved: SavedState, { strategy, sources }: RestoreContext): Promise<void> {
    this.#own(strategy);
    await restoreNestedStrategy(this.#generator, saved, { act: `the saved state of ${this.name}`, sources });
  }

  #own(strategy: BaseStrategy): void {
    if (!this.#isOwned) strategy.closeWith(this.#generator);
    this.#isOwned = true;
  }
}
