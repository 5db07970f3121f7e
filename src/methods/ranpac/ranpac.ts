import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { CLASSES_ONLY, type TargetKind } from "../../data/float_targets.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { PluginState } from "../../training/loop/strategy_plugin.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { type RanPACOptions, ranpac } from "./options.ts";
import { RanPACClassifier } from "./ranpac_classifier.ts";

/**
 * RanPAC: the network stays as it is, pretrained on other data, and its features are projected to many random ones, on
 * which the classes are learnt by ridge regression. No samples are kept, and the order of experiences makes no
 * difference. Where samples have task labels, each is compared with the classes of its own task. There is no gradient;
 * the optimizer is not used. One epoch is meant. The exported model holds the projection and the regression. The paper
 * also adapts the network to the first experience by adapters, which is another strategy's work here.
 * @see McDonnell et al. 2023, RanPAC: Random Projections and Pre-trained Models for Continual Learning,
 * arXiv:2307.02251
 * @example
 * const model = await onnxModel({ path: "backbone.onnx", trainable: "none", numClasses: 10 });
 * const strategy = new RanPAC({ model, optimizer: new SGD({ learningRate: 0.01 }), projectionSize: 2000 });
 */
export class RanPAC extends BaseStrategy {
  readonly #classifier: RanPACClassifier;
  readonly #layerName: string | undefined;
  #features: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & RanPACOptions) {
    const [{ layerName, ...own }, rest] = splitStrategyOptions<RanPACOptions>("RanPAC", options, ranpac.options);
    super(rest);
    assertFeatureLayer("RanPAC", rest.model, layerName);
    const { seed } = this.randomStreams;
    this.#classifier = new RanPACClassifier(own, () => new RandomStream(seed, "ranpac-projection"));
    this.#layerName = layerName;
  }

  override get targets(): readonly TargetKind[] {
    return CLASSES_ONLY;
  }

  override get traits(): readonly Trait[] {
    return ["replacesCriterion", "replacesPredictions"];
  }

  /** It goes along no gradient. */
  override get excludes(): readonly Trait[] {
    return ["changesLoss", "replacesCriterion", "replacesPredictions", "setsLearningRate"];
  }

  override async trainingEpoch(): Promise<void> {
    await super.trainingEpoch();
    this.#classifier.finishExperience();
  }

  /** In training the outputs are zero: the regression is solved once an experience is over. */
  override async forward(): Promise<HostTensor> {
    this.#features = await this.extractFeatures(this.mbatch, this.#layerName);
    const { outputSize } = this.cluster.model;
    const rows = elementAt(this.#features.shape, 0);
    if (this.isTraining) return { data: new Float32Array(rows * outputSize), shape: [rows, outputSize] };
    return this.#classifier.score(this.#features, { width: outputSize, taskLabels: this.mbTaskId });
  }

  /** Nothing flows back into the network. */
  override async backward(): Promise<number> {
    return this.loss;
  }

  /** The classifier's step in place of the optimizer's. */
  override async optimizerStep(): Promise<void> {
    this.#classifier.learn(this.#features, this.mbatch);
  }

  override predictionHead(): PredictionHead | undefined {
    return this.#classifier.describeHead(this.#layerName ?? findFeatureLayer(this.model));
  }

  override predictionHeadForm(): HeadForm {
    return { kind: "randomFeatures", layerName: this.#layerName ?? findFeatureLayer(this.model) };
  }

  override get ownState(): PluginState {
    return this.#classifier;
  }
}

/** By the names under which a list of methods loads them. */
export { RanPAC as strategy };
