import type { HostTensor } from "../../core/host_tensor.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { text } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import {
  STREAMING_LDA_CLASSIFIER_RULES,
  StreamingLDAClassifier,
  type StreamingLDAClassifierOptions,
} from "./streaming_lda_classifier.ts";

/** What streaming discriminant analysis learns from. */
export interface StreamingLDAOptions extends StreamingLDAClassifierOptions {
  /** The layer whose answers are the features; the one before the last if left out. */
  readonly layerName?: string;
}

const STREAMING_LDA_RULES: OptionRules<StreamingLDAOptions> = {
  ...STREAMING_LDA_CLASSIFIER_RULES,
  layerName: text(),
};

/**
 * Deep streaming linear discriminant analysis: the network stays as it is, pretrained or random, and a linear
 * classifier of its features is learnt from one sample after another. Where samples have task labels, each is compared
 * with the classes of its own task. There is no gradient; the optimizer is not used.
 * `mbOutput` holds the classifier's scores in training, before it learns from the minibatch, and in evaluation. One
 * epoch is meant. The exported model gives the classifier's scores, too.
 * @see Hayes and Kanan 2020, Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis,
 * arXiv:1909.01520
 */
export class StreamingLDA extends BaseStrategy {
  readonly #classifier: StreamingLDAClassifier;
  readonly #layerName: string | undefined;
  #features: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & StreamingLDAOptions) {
    const [{ layerName, ...own }, rest] = splitStrategyOptions("StreamingLDA", options, STREAMING_LDA_RULES);
    super(rest);
    assertFeatureLayer("StreamingLDA", rest.model, layerName);
    this.#classifier = new StreamingLDAClassifier(own);
    this.#layerName = layerName;
  }

  override get traits(): readonly Trait[] {
    return ["replacesPredictions"];
  }

  /** It goes along no gradient. */
  override get excludes(): readonly Trait[] {
    return ["changesLoss", "replacesCriterion", "replacesPredictions", "setsLearningRate"];
  }

  override async forward(): Promise<HostTensor> {
    this.#features = await this.extractFeatures(this.mbatch, this.#layerName);
    const { outputSize } = this.cluster.model;
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

  override saveOwnState(): SavedState {
    return this.#classifier.save();
  }

  override restoreOwnState(saved: SavedState): void {
    this.#classifier.restore(saved);
  }
}
