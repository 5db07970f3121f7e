import type * as tf from "@tensorflow/tfjs";
import type { Cluster } from "../../cluster/cluster.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { ModelVectors } from "../../engine/engine.ts";
import { listModelVariables, type ModelVariables } from "../../engine/tfjs/model_variables.ts";
import { LazyWeights } from "../../models/lazy_weights.ts";

/**
 * A strategy's model and the vectors that its replicas train, kept equal: the model shows
 * the trained values, and values that are assigned to its weights are trained on.
 */
export class TrainedWeights {
  readonly #model: tf.LayersModel;
  readonly #weights: LazyWeights;
  readonly #variables: ModelVariables;
  readonly #trainable: ReadonlySet<tf.LayerVariable>;
  #revision: number;
  /** What the model was to show last. */
  #shown: LiveVectors | undefined;

  /** The vectors must hold the model's weights as they are. */
  constructor(model: tf.LayersModel) {
    this.#model = model;
    this.#weights = LazyWeights.of(model);
    this.#variables = listModelVariables(model);
    this.#trainable = new Set(model.trainableWeights);
    this.#revision = this.#weights.revision;
  }

  /** Copies values that were assigned to the model's weights to the replicas. */
  take(cluster: Cluster): void {
    // What is being computed goes on with the values that it began with.
    if (this.#weights.revision === this.#revision || cluster.isBusy) return;
    this.#weights.copyChanges(this.#revision, cluster, this.#variables);
    this.#revision = this.#weights.revision;
  }

  /** The next read of the model shows what the replicas hold then. */
  show(cluster: Cluster): void {
    this.take(cluster);
    if (cluster.isBusy) return;
    const shown = this.#shown;
    if (shown?.cluster === cluster && this.#weights.isFollowing(shown)) return;
    this.#shown = new LiveVectors(cluster);
    this.#weights.follow(this.#shown, this.#variables);
    this.#revision = this.#weights.revision;
  }

  /** Lets go of the replicas, whose vectors get another layout; the model keeps the values that it has now. */
  release({ parameters, state }: Cluster): void {
    this.#weights.follow({ parameters, state }, this.#variables);
    this.#shown = undefined;
    this.#revision = this.#weights.revision;
  }

  /** Lets go of replicas that have ended; the model keeps the values that they had at their end. */
  settle(): void {
    this.#weights.settle();
    this.#shown = undefined;
  }

  /** Lets go of the replicas of a model that is about to be disposed of. */
  forget(): void {
    this.#weights.forget();
    this.#shown = undefined;
  }

  /** @throws {RefusalError} If layers were frozen or unfrozen since: the replicas' vectors have other tensors. */
  assertSameTensors(): void {
    const now = this.#model.trainableWeights;
    if (now.length === this.#trainable.size && now.every((weight) => this.#trainable.has(weight))) return;
    const changed = [...now.filter((weight) => !this.#trainable.has(weight)), ...this.#listMissing(now)];
    if (changed.length === 0) return;
    const names = changed.map(({ originalName }) => originalName).join(", ");
    const cure = "make another strategy with the model, which keeps its weights";
    throw new RefusalError(`layers of the model were frozen or set free since the strategy began (${names}): ${cure}`);
  }

  /** @throws {RefusalError} If weights were assigned since `release`: another model is trained now. */
  assertUntouched(): void {
    if (this.#weights.lastAssignment <= this.#revision) return;
    const sentence = "weights were set of a model that is not trained any more, since its heads have grown";
    throw new RefusalError(`${sentence}: set those of strategy.model`);
  }

  #listMissing(now: readonly tf.LayerVariable[]): readonly tf.LayerVariable[] {
    const present = new Set(now);
    return [...this.#trainable].filter((weight) => !present.has(weight));
  }
}

/** The replicas' vectors as they are when they are asked for, to be read alone. */
class LiveVectors implements ModelVectors {
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  get parameters(): Float32Array {
    return this.cluster.resident.read(() => this.cluster.parameters);
  }

  get state(): Float32Array {
    return this.cluster.state;
  }
}
