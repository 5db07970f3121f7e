import type * as tf from "@tensorflow/tfjs";
import { parseSavedRecord, type SavedState } from "../../../core/saved_state.ts";
import { addScaled } from "../../../core/vector.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";
import type { FeatureDistance } from "../../../training/losses/feature_losses.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../../training/model/named_layer.ts";
import { findFeatureReplicas } from "../../../training/parts/find_feature_replicas.ts";
import { Teacher } from "../teacher.ts";

/** What a plugin that holds features to those of the last experience's model keeps. */
export class FeatureAnchor {
  readonly #layerName: string | undefined;
  readonly #distance: FeatureDistance;
  #teacher: Teacher | undefined;

  /** @param layerName Whose answer features are; the layer before the last if undefined. */
  constructor(layerName: string | undefined, distance: FeatureDistance) {
    this.#layerName = layerName;
    this.#distance = distance;
  }

  /** @throws {RangeError} If the model has no such layer of features. */
  assertUsable(act: string, model: tf.LayersModel): void {
    assertFeatureLayer(act, model, this.#layerName);
  }

  /** Adds weight · distance to the step's loss and its gradient to the step's; nothing before the first `remember`. */
  async hold(strategy: BaseStrategy, weight: number): Promise<void> {
    const { cluster, mbatch, gradient } = strategy;
    if (!this.#teacher || weight === 0) return;
    const replicas = await findFeatureReplicas(strategy, this.#layerName ?? findFeatureLayer(strategy.model));
    const old = await replicas.forward(this.#teacher, mbatch);
    const features = await replicas.forward(cluster, mbatch);
    const { loss, dFeatures } = this.#distance(features, old);
    const weighed = new Float32Array(dFeatures.length);
    addScaled(weighed, dFeatures, weight);
    await replicas.addGradient(mbatch, { dFeatures: weighed, gradient });
    strategy.loss += weight * loss;
  }

  /** Features are held to those of the model as it is now. */
  remember(strategy: BaseStrategy): void {
    this.#teacher = Teacher.copy(strategy);
  }

  grow(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#teacher = this.#teacher?.grow(strategy, growth);
  }

  /** Plain data for `restore`. */
  save(): SavedState {
    return { teacher: this.#teacher?.save() ?? null };
  }

  /** Goes on from what `save` gave. */
  restore(act: string, saved: SavedState | undefined): void {
    const { teacher = null } = parseSavedRecord(act, saved);
    this.#teacher = teacher === null ? undefined : Teacher.restore(act, teacher);
  }
}
