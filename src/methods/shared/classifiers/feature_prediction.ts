import { matrixShape } from "../../../core/host_tensor.ts";
import type { OptionRules } from "../../../core/options/assert_options.ts";
import { oneOf, text } from "../../../core/options/value_rules.ts";
import { parseSavedRecord, type SavedState } from "../../../core/saved_state.ts";
import { readSaved } from "../../../core/state/field.ts";
import { Dataset } from "../../../data/dataset.ts";
import { datasetField } from "../../../data/saved_dataset.ts";
import { ClassBalancedBuffer } from "../../../memory/buffers/class_balanced_buffer.ts";
import type { ExemplarsBuffer } from "../../../memory/buffers/exemplars_buffer.ts";
import {
  MEMORY_RULES,
  type MemoryOptions,
  resolveStoragePolicy,
} from "../../../memory/buffers/resolve_storage_policy.ts";
import { restoreBuffer, saveBuffer } from "../../../memory/buffers/saved_buffer.ts";
import type { PredictionHead } from "../../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";
import type { RestoreContext, StrategyPlugin, StrategySetup } from "../../../training/loop/strategy_plugin.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../../training/model/named_layer.ts";
import { extractByTask } from "./extract_by_task.ts";
import type { FeatureClassifier } from "./feature_classifier.ts";
import { TaskClassifiers } from "./task_classifiers.ts";

const UPDATES = ["memory", "current", "oracle"] as const;

/** From which samples a classifier learns classes, and where their features are taken. */
export interface FeaturePredictionOptions extends MemoryOptions {
  /**
   * "memory": from a memory, with the model as it is when it is evaluated. "current": from each experience's own
   * samples at its end. "oracle": from all samples seen, with the model as it is when it is evaluated. "memory" if left
   * out.
   */
  readonly update?: (typeof UPDATES)[number];
  /** Samples kept by "memory"; 2000 if left out. */
  readonly memSize?: number;
  /** What "memory" keeps; the same number of every class if left out. */
  readonly storagePolicy?: ExemplarsBuffer;
  /** The layer whose answers are the features; the one before the last if left out. */
  readonly layerName?: string;
}

/** What `FeaturePredictionOptions` may be. */
export const FEATURE_PREDICTION_RULES: OptionRules<FeaturePredictionOptions> = {
  ...MEMORY_RULES,
  update: oneOf(UPDATES),
  layerName: text(),
};

/**
 * Puts a classifier of features in the place of the model's own outputs in evaluation, and keeps what it learns from.
 * Where samples have task labels, each is compared with the classes of its own task.
 * It is part of the plugins that bring a classifier.
 */
export class FeaturePrediction implements StrategyPlugin {
  readonly name = "FeaturePrediction";
  readonly #owner: string;
  readonly #classifiers: TaskClassifiers;
  readonly #update: (typeof UPDATES)[number];
  readonly #layerName: string | undefined;
  readonly #buffer: ExemplarsBuffer;
  #seen = Dataset.empty();

  /**
   * @param owner The plugin that it is part of, for messages.
   * @param createClassifier Makes a classifier that knows nothing: each task gets one.
   * @throws {RangeError} If the buffer given has another size than `memSize`.
   */
  constructor(owner: string, createClassifier: () => FeatureClassifier, options: FeaturePredictionOptions) {
    const { update = "memory", memSize = 2000, layerName } = options;
    const createDefault = (maxSize: number) => new ClassBalancedBuffer({ maxSize });
    this.#buffer = resolveStoragePolicy(owner, { ...options, memSize }, createDefault);
    this.#owner = owner;
    this.#classifiers = new TaskClassifiers(createClassifier);
    this.#update = update;
    this.#layerName = layerName;
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
        this.#seen = Dataset.concat([this.#seen, dataset]);
    }
  }

  /** Learns the classes anew, where the model as it is now decides. */
  async beforeEval(strategy: BaseStrategy): Promise<void> {
    if (this.#update === "current") return;
    const samples = this.#update === "memory" ? this.#buffer.buffer : this.#seen;
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

  saveState(): SavedState {
    const seen = datasetField().save(this.#seen);
    return { classifiers: this.#classifiers.save(), buffer: saveBuffer(this.#buffer), seen };
  }

  restoreState(saved: SavedState, { sources }: RestoreContext): void {
    const {
      classifiers = null,
      buffer = null,
      seen,
    } = parseSavedRecord("the saved state of a prediction by features", saved);
    this.#classifiers.restore(classifiers);
    restoreBuffer(this.#buffer, buffer, sources);
    this.#seen = readSaved(datasetField(), seen, { owner: "a prediction by features", context: { sources } });
  }
}
