import type { HostTensor } from "../../core/host_tensor.ts";
import { CLASSES_ONLY, type TargetKind } from "../../data/float_targets.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { PluginState } from "../../training/loop/strategy_plugin.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { type StreamingLDAOptions, streamingLDA } from "./options.ts";
import { StreamingLDAClassifier } from "./streaming_lda_classifier.ts";

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
    const [{ layerName, ...own }, rest] = splitStrategyOptions<StreamingLDAOptions>(
      "StreamingLDA",
      options,
      streamingLDA.options,
    );
    super(rest);
    assertFeatureLayer("StreamingLDA", rest.model, layerName);
    this.#classifier = new StreamingLDAClassifier(own);
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

  override predictionHeadForm(): HeadForm {
    return { kind: "linear", layerName: this.#layerName ?? findFeatureLayer(this.model) };
  }

  override get ownState(): PluginState {
    return this.#classifier;
  }
}

/** By the names under which a list of methods loads them. */
export { StreamingLDA as strategy };
