import type * as tf from "@tensorflow/tfjs";
import type { FeatureTarget } from "../../../cluster/compute_request.ts";
import { declareState, optional } from "../../../core/state/state.ts";
import { addScaled } from "../../../kernels/add_scaled.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";
import {
  createFeatureObjective,
  type FeatureDistance,
  findSquareFactor,
} from "../../../training/losses/feature_losses.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../../training/model/named_layer.ts";
import { findFeatureReplicas } from "../../../training/submodels/find_feature_replicas.ts";
import { Teacher, teacherField } from "../teacher.ts";

/** What a plugin that holds features to those of the last experience's model keeps. */
export class FeatureAnchor {
  readonly #layerName: string | undefined;
  readonly #distance: FeatureDistance;
  readonly #state = declareState("a feature anchor", { teacher: optional(teacherField()) });
  /** What this iteration's step was asked for. */
  #target: FeatureTarget | undefined;
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @param layerName Whose answer features are; the layer before the last if undefined. */
  constructor(layerName: string | undefined, distance: FeatureDistance) {
    this.#layerName = layerName;
    this.#distance = distance;
  }

  /** @throws {RangeError} If the model has no such layer of features. */
  assertUsable(act: string, model: tf.LayersModel): void {
    assertFeatureLayer(act, model, this.#layerName);
  }

  /**
   * Asks for weight · distance within the step's own command, which saves a pass through the model: in `beforeForward`.
   */
  async ask(strategy: BaseStrategy, weight: number): Promise<void> {
    const { teacher } = this.#state;
    this.#target = undefined;
    if (!teacher || weight === 0) return;
    const layerName = this.#layerName ?? findFeatureLayer(strategy.model);
    const width = await strategy.cluster.anchors.findWidth(layerName);
    const factor = width === undefined ? undefined : findSquareFactor(this.#distance, width);
    if (factor === undefined) return;
    this.#target = { layerName, vectors: teacher, factor: weight * factor };
    strategy.anchorFeatures(this.#target);
  }

  /**
   * Adds weight · distance to the step's loss and its gradient to the step's, unless the step has it; nothing before
   * the first `remember`.
   */
  async hold(strategy: BaseStrategy, weight: number): Promise<void> {
    const { cluster, mbatch, gradient } = strategy;
    const { teacher } = this.#state;
    if (!teacher || weight === 0) return;
    if (this.#target && strategy.hasAnchored(this.#target)) return;
    const replicas = await findFeatureReplicas(strategy, this.#layerName ?? findFeatureLayer(strategy.model));
    const old = await replicas.forwardFixed(teacher, mbatch);
    const objective = createFeatureObjective(this.#distance, { old, weight });
    if (objective) {
      strategy.loss += await replicas.addObjectiveGradient(mbatch, { objective, gradient });
      return;
    }
    const features = await replicas.forward(cluster, mbatch);
    const { loss, dFeatures } = this.#distance(features, old);
    const weighed = new Float32Array(dFeatures.length);
    addScaled(weighed, dFeatures, weight);
    await replicas.addGradient(mbatch, { dFeatures: weighed, gradient });
    strategy.loss += weight * loss;
  }

  /** Features are held to those of the model as it is now. */
  remember(strategy: BaseStrategy): void {
    this.#state.teacher = Teacher.copy(strategy);
  }

  grow(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#state.teacher = this.#state.teacher?.grow(strategy, growth);
  }
}
