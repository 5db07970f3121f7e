import { matrixShape } from "../../../core/host_tensor.ts";
import { fillDefaults, type ResolvedOptions } from "../../../core/options/option_schema.ts";
import { declareState, part } from "../../../core/state/state.ts";
import { Dataset } from "../../../data/dataset.ts";
import { datasetField } from "../../../data/saved_dataset.ts";
import type { ExemplarsBuffer } from "../../../memory/buffers/exemplars_buffer.ts";
import { resolveStoragePolicy } from "../../../memory/buffers/resolve_storage_policy.ts";
import type { HeadForm } from "../../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../../training/loop/strategy_plugin.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../../training/model/named_layer.ts";
import { extractByTask } from "./extract_by_task.ts";
import type { FeatureClassifier } from "./feature_classifier.ts";
import { FEATURE_PREDICTION_OPTIONS, type FeaturePredictionOptions } from "./feature_prediction_options.ts";
import { TaskClassifiers } from "./task_classifiers.ts";

/**
 * Puts a classifier of features in the place of the model's own outputs in evaluation, and keeps what it learns from.
 * Where samples have task labels, each is compared with the classes of its own task.
 * It is part of the plugins that bring a classifier.
 */
export class FeaturePrediction implements StrategyPlugin {
  readonly name = "FeaturePrediction";
  readonly #owner: string;
  readonly #createClassifier: () => FeatureClassifier;
  readonly #classifiers: TaskClassifiers;
  readonly #update: ResolvedOptions<typeof FEATURE_PREDICTION_OPTIONS>["update"];
  readonly #layerName: string | undefined;
  readonly #buffer: ExemplarsBuffer;
  readonly #state;
  readonly state: PluginState;

  /**
   * @param owner The plugin that it is part of, for messages.
   * @param createClassifier Makes a classifier that knows nothing: each task gets one.
   * @throws {RangeError} If the buffer given has another size than `memSize`.
   */
  constructor(owner: string, createClassifier: () => FeatureClassifier, given: FeaturePredictionOptions) {
    const options = fillDefaults(given, FEATURE_PREDICTION_OPTIONS);
    const { update, layerName } = options;
    this.#buffer = resolveStoragePolicy(owner, options);
    this.#owner = owner;
    this.#createClassifier = createClassifier;
    this.#classifiers = new TaskClassifiers(createClassifier);
    this.#update = update;
    this.#layerName = layerName;
    this.#state = declareState("a prediction by features", {
      classifiers: part(this.#classifiers),
      buffer: part(this.#buffer),
      seen: datasetField(),
    });
    this.state = this.#state;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer(`${this.#owner}`, model, this.#layerName);
  }

  /** Takes in the experience that has just been trained on. */
  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const { dataset } = strategy.experience;
    switch (this.#update) {
      case "memory":
        return this.#buffer.update(strategy);
      case "current":
        return this.#classifiers.add(await extractByTask(strategy, dataset, this.#layerName));
      case "oracle":
        this.#state.seen = Dataset.concat([this.#state.seen, dataset]);
    }
  }

  /** Learns the classes anew, where the model as it is now decides. */
  async beforeEval(strategy: BaseStrategy): Promise<void> {
    if (this.#update === "current") return;
    const samples = this.#update === "memory" ? this.#buffer.buffer : this.#state.seen;
    this.#classifiers.learn(await extractByTask(strategy, samples, this.#layerName));
  }

  async afterEvalForward(strategy: BaseStrategy): Promise<void> {
    const features = await strategy.extractFeatures(strategy.mbatch, this.#layerName);
    const [, width] = matrixShape(strategy.mbOutput.shape);
    strategy.mbOutput = this.#classifiers.score(features, { width, taskLabels: strategy.mbTaskId });
  }

  predictionHead({ model }: BaseStrategy): PredictionHead | undefined {
    return this.#classifiers.describeHead(this.#layerName ?? findFeatureLayer(model));
  }

  predictionHeadForm({ model }: BaseStrategy): HeadForm {
    return this.#createClassifier().describeForm(this.#layerName ?? findFeatureLayer(model));
  }
}
