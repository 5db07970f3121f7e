import { resolveOptions } from "../../core/options/option_schema.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { FeaturePrediction } from "../shared/classifiers/feature_prediction.ts";
import { FeCAMClassifier } from "./fecam_classifier.ts";
import { FECAM_CLASSIFIER_OPTIONS, type FeCAMOptions, fecam } from "./options.ts";

/**
 * Predicts in evaluation by the Mahalanobis distance of features from class means, with a covariance matrix a class;
 * training is left alone. `mbOutput` holds minus the squared distances, classes never seen below all others. Covers
 * Avalanche's MemoryFeCAMUpdate, CurrentDataFeCAMUpdate and FeCAMOracle by `update`. Memory and time grow with the
 * square of the number of features. The exported model predicts by them, too: it holds a matrix a class.
 * @see Goswami et al. 2023, FeCAM: Exploiting the Heterogeneity of Class Distributions, arXiv:2309.14062
 */
export class FeCAMPlugin implements StrategyPlugin {
  readonly name = "FeCAMPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesPredictions"];
  readonly excludes: readonly Trait[] = ["replacesPredictions"];
  readonly parts: readonly [FeaturePrediction];

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: FeCAMOptions = {}) {
    const options = resolveOptions("FeCAMPlugin", given, fecam.options);
    const [classifier, features] = splitOptions(options, FECAM_CLASSIFIER_OPTIONS);
    this.parts = [new FeaturePrediction("FeCAMPlugin", () => new FeCAMClassifier(classifier), features)];
  }
}

/** By the names under which a list of methods loads them. */
export { FeCAMPlugin as plugin };
