import { resolveOptions } from "../../core/options/option_schema.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { distinguishTaskClasses } from "../../data/task_classes.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { evaluateSupervisedContrast } from "../../training/losses/supervised_contrast.ts";
import { assertFixedOutputs } from "../../training/model/named_layer.ts";
import { ReplayPlugin } from "../replay/replay_plugin.ts";
import { FeaturePrediction } from "../shared/classifiers/feature_prediction.ts";
import { NCMClassifier } from "../shared/classifiers/ncm_classifier.ts";
import { strategyWith } from "../strategy_with.ts";
import { type SCROptions, scr } from "./options.ts";

/**
 * SCR: replay whose loss brings samples of a class together and holds classes apart, on two views of every sample, and
 * whose predictions are the nearest class means of what is remembered. The model's last layer is the projection head:
 * its outputs are the embeddings that are compared, whatever their number, and features are taken before it. The two
 * views differ by the data's random transforms and by dropout. Where samples have task labels, a class is its id and
 * its task. Takes the place of the criterion. The exported model predicts by the class means, too.
 * @see Mai et al. 2021, Supervised Contrastive Replay, arXiv:2103.13885
 */
export class SCRPlugin implements StrategyPlugin {
  readonly name = "SCRPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesDataloader", "replacesPredictions", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesDataloader", "replacesPredictions"];
  readonly parts: readonly [FeaturePrediction];
  readonly #replay: ReplayPlugin;
  readonly #temperature: number;

  /** @throws {RangeError} If an option is out of range, or the storage policy keeps another number of samples. */
  constructor(given: SCROptions = {}) {
    const options = resolveOptions("SCRPlugin", given, scr.options);
    const { memSize, batchSizeMem, temperature, layerName } = options;
    const storagePolicy = resolveStoragePolicy("SCRPlugin", options);
    this.#replay = new ReplayPlugin({ memSize, batchSizeMem, storagePolicy });
    const features = { memSize, storagePolicy, layerName };
    this.parts = [new FeaturePrediction(this.name, () => new NCMClassifier(), features)];
    this.#temperature = temperature;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFixedOutputs("SCRPlugin", model);
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    const replay = this.#replay.rehearse(strategy);
    return (expected, experience) => {
      const replayed = replay(expected, experience);
      // Each row comes twice.
      return { ...replayed, joinedRows: replayed.joinedRows + 1 };
    };
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#replay.beforeTrainingExp(strategy);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    strategy.mbatch = Dataset.concat([strategy.mbatch, strategy.mbatch]);
  }

  criterion({ mbOutput, mbatch }: BaseStrategy): LossAndGradient {
    return evaluateSupervisedContrast(mbOutput, distinguishTaskClasses(mbatch), this.#temperature);
  }
}

/** Supervised contrastive replay: an `SCRPlugin` after the other plugins. */
export class SCR extends strategyWith(SCRPlugin, scr.options) {}

/** By the names under which a list of methods loads them. */
export { SCR as strategy, SCRPlugin as plugin };
