import { describeUnknownName, RangeRefusal } from "../../core/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { parseSavedRecord, type SavedState } from "../../core/saved_state.ts";
import { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { parseSavedDataset, restoreDataset, saveDataset } from "../../data/saved_dataset.ts";
import { ClassBalancedBuffer } from "../../memory/class_balanced_buffer.ts";
import type { ExemplarsBuffer } from "../../memory/exemplars_buffer.ts";
import { type MemoryOptions, resolveStoragePolicy } from "../../memory/resolve_storage_policy.ts";
import { restoreBuffer, saveBuffer } from "../../memory/saved_buffer.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import { assertFeatureLayer, findFeatureLayer } from "../named_layer.ts";
import type { RestoreContext, StrategyPlugin, StrategySetup } from "../strategy_plugin.ts";
import type { FeatureClassifier, FeaturesByClass } from "./feature_classifier.ts";

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

/**
 * Puts a classifier of features in the place of the model's own outputs in evaluation, and keeps what it learns from.
 * It is part of the plugins that bring a classifier.
 */
export class FeaturePrediction implements StrategyPlugin {
  readonly name = "FeaturePrediction";
  readonly #owner: string;
  readonly #classifier: FeatureClassifier;
  readonly #update: (typeof UPDATES)[number];
  readonly #layerName: string | undefined;
  readonly #buffer: ExemplarsBuffer;
  #seen = Dataset.empty();

  /**
   * @param owner The plugin that it is part of, for messages.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(owner: string, classifier: FeatureClassifier, options: FeaturePredictionOptions) {
    const act = `create ${owner}`;
    const { update = "memory", memSize = 2000, layerName } = options;
    if (!UPDATES.includes(update)) {
      throw new RangeRefusal(`Cannot ${act}: ${describeUnknownName("update", update, UPDATES)}`);
    }
    const createDefault = (maxSize: number) => new ClassBalancedBuffer({ maxSize });
    this.#buffer = resolveStoragePolicy(act, { ...options, memSize }, createDefault);
    this.#owner = owner;
    this.#classifier = classifier;
    this.#update = update;
    this.#layerName = layerName;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer(`use ${this.#owner}`, model, this.#layerName);
  }

  /** Takes in the experience that has just been trained on. */
  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const { dataset } = strategy.experience;
    switch (this.#update) {
      case "memory":
        return this.#buffer.update(strategy);
      case "current":
        return this.#classifier.add(await this.#extractByClass(strategy, dataset));
      case "oracle":
        this.#seen = Dataset.concat([this.#seen, dataset]);
    }
  }

  /** Learns the classes anew, where the model as it is now decides. */
  async beforeEval(strategy: BaseStrategy): Promise<void> {
    if (this.#update === "current") return;
    const samples = this.#update === "memory" ? this.#buffer.buffer : this.#seen;
    this.#classifier.learn(await this.#extractByClass(strategy, samples));
  }

  async afterEvalForward(strategy: BaseStrategy): Promise<void> {
    const features = await strategy.extractFeatures(strategy.mbatch, this.#layerName);
    strategy.mbOutput = this.#classifier.score(features, strategy.mbOutput.shape[1] ?? 0);
  }

  predictionHead({ model }: BaseStrategy): PredictionHead | undefined {
    return this.#classifier.describeHead(this.#layerName ?? findFeatureLayer(model));
  }

  saveState(): SavedState {
    const seen = { ...saveDataset(this.#seen) };
    return { classifier: this.#classifier.save(), buffer: saveBuffer(this.#buffer), seen };
  }

  restoreState(saved: SavedState, { sources }: RestoreContext): void {
    const { classifier = null, buffer = null, seen } = parseSavedRecord("restore a prediction by features", saved);
    this.#classifier.restore(classifier);
    restoreBuffer(this.#buffer, buffer, sources);
    this.#seen = restoreDataset(parseSavedDataset(seen), sources);
  }

  async #extractByClass(strategy: BaseStrategy, samples: Dataset): Promise<FeaturesByClass> {
    const features = new Map<number, HostTensor>();
    for (const [id, positions] of groupPositions(samples.targets)) {
      features.set(id, await strategy.extractFeatures(samples.subset(positions), this.#layerName));
    }
    return features;
  }
}
