import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag } from "../../core/options/value_rules.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import {
  FEATURE_PREDICTION_RULES,
  FeaturePrediction,
  type FeaturePredictionOptions,
} from "../shared/classifiers/feature_prediction.ts";
import { NCMClassifier } from "../shared/classifiers/ncm_classifier.ts";

/** From which samples class means are taken, and how they are compared. */
export interface NCMOptions extends FeaturePredictionOptions {
  /** Whether features and means are brought to length 1; true if left out. */
  readonly normalize?: boolean;
}

const NCM_RULES: OptionRules<NCMOptions> = {
  ...FEATURE_PREDICTION_RULES,
  normalize: flag(),
};

/**
 * Predicts in evaluation by the nearest class mean of features; training is left alone. `mbOutput` holds minus the
 * distances, classes never seen below all others. Covers Avalanche's MemoryNCMUpdate, CurrentDataNCMUpdate and
 * NCMOracle by `update`. Several experiences that bring a class count by their samples. The exported model predicts by
 * the means, too.
 * @see Mensink et al. 2013, Distance-Based Image Classification, TPAMI 35(11); Rebuffi et al. 2017, arXiv:1611.07725
 */
export class NCMPlugin implements StrategyPlugin {
  readonly name = "NCMPlugin";
  readonly traits: readonly Trait[] = ["replacesPredictions"];
  readonly excludes: readonly Trait[] = ["replacesPredictions"];
  readonly parts: readonly [FeaturePrediction];

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: NCMOptions = {}) {
    assertOptions("NCMPlugin", options, NCM_RULES);
    const { normalize = true, ...features } = options;
    this.parts = [new FeaturePrediction("NCMPlugin", () => new NCMClassifier({ normalize }), features)];
  }
}
