import type { SavedState } from "../../core/saved_state.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import { FeaturePrediction, type FeaturePredictionOptions } from "../feature_prediction.ts";
import { FeCAMClassifier, type FeCAMClassifierOptions } from "../fecam_classifier.ts";
import type { RestoreContext, StrategyPlugin, StrategySetup } from "../strategy_plugin.ts";

/** From which samples class means and covariances are taken, and how they are prepared. */
export interface FeCAMOptions extends FeaturePredictionOptions, FeCAMClassifierOptions {}

/**
 * Predicts in evaluation by the Mahalanobis distance of features from class means, with a covariance matrix a class;
 * training is left alone. `mbOutput` holds minus the squared distances, classes never seen below all others. Covers
 * Avalanche's MemoryFeCAMUpdate, CurrentDataFeCAMUpdate and FeCAMOracle by `update`. Memory and time grow with the
 * square of the number of features. The exported model is the network alone.
 * @see Goswami et al. 2023, FeCAM: Exploiting the Heterogeneity of Class Distributions, arXiv:2309.14062
 */
export class FeCAMPlugin implements StrategyPlugin {
  readonly name = "FeCAMPlugin";
  readonly #prediction: FeaturePrediction;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: FeCAMOptions = {}) {
    this.#prediction = new FeaturePrediction("create FeCAMPlugin", new FeCAMClassifier(options), options);
  }

  assertUsable({ model }: StrategySetup): void {
    this.#prediction.assertUsable("use FeCAMPlugin", model);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.#prediction.takeExperience(strategy);
  }

  async beforeEval(strategy: BaseStrategy): Promise<void> {
    await this.#prediction.prepare(strategy);
  }

  async afterEvalForward(strategy: BaseStrategy): Promise<void> {
    strategy.mbOutput = await this.#prediction.predict(strategy);
  }

  saveState(): SavedState {
    return this.#prediction.save();
  }

  restoreState(saved: SavedState, { sources }: RestoreContext): void {
    this.#prediction.restore(saved, sources);
  }
}
