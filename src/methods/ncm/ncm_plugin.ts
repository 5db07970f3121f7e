import { resolveOptions } from "../../core/options/option_schema.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { FeaturePrediction } from "../shared/classifiers/feature_prediction.ts";
import { NCMClassifier } from "../shared/classifiers/ncm_classifier.ts";
import { type NCMOptions, ncm } from "./options.ts";

/**
 * Predicts in evaluation by the nearest class mean of features; training is left alone. `mbOutput` holds minus the
 * distances, classes never seen below all others. Covers Avalanche's MemoryNCMUpdate, CurrentDataNCMUpdate and
 * NCMOracle by `update`. Several experiences that bring a class count by their samples. The exported model predicts by
 * the means, too.
 * @see Mensink et al. 2013, Distance-Based Image Classification, TPAMI 35(11); Rebuffi et al. 2017, arXiv:1611.07725
 */
export class NCMPlugin implements StrategyPlugin {
  readonly name = "NCMPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesPredictions"];
  readonly excludes: readonly Trait[] = ["replacesPredictions"];
  readonly parts: readonly [FeaturePrediction];

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: NCMOptions = {}) {
    const options = resolveOptions("NCMPlugin", given, ncm.options);
    const { normalize, ...features } = options;
    this.parts = [new FeaturePrediction("NCMPlugin", () => new NCMClassifier({ normalize }), features)];
  }
}

/** By the names under which a list of methods loads them. */
export { NCMPlugin as plugin };
