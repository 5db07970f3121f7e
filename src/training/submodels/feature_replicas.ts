import type { Cluster } from "../../cluster/cluster.ts";
import type { ComputeRequest } from "../../cluster/compute_request.ts";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { listFirstOutputs } from "../../engine/tfjs/model_layers.ts";
import * as tf from "../../engine/tfjs/tensorflow.ts";
import { flattenWeights } from "../../models/model_snapshot.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";
import type { ModelHolder } from "../model/model_holder.ts";
import { addSubmodelGradient, loadSubmodel, startSubmodel, type WholeVectors } from "./submodel_replicas.ts";

/** How features are computed. */
export interface FeatureMode {
  /** True drops units and uses batch statistics, as in training. Default: false. The statistics are left alone. */
  readonly training?: boolean;
  /** Decides the dropout masks. Default: 0. */
  readonly dropoutStep?: number;
}

/**
 * The model up to a layer, on replicas of its own: computes features, and what a loss of features means for the model's
 * parameters. The strategy's replicas know outputs only. They end with the strategy; calls must not overlap.
 */
export class FeatureReplicas {
  readonly #strategy: ModelHolder;
  readonly #cluster: Cluster;

  private constructor(strategy: ModelHolder, cluster: Cluster) {
    this.#strategy = strategy;
    this.#cluster = cluster;
  }

  /**
   * Starts them, laid out as the strategy's own are.
   * @param layerName Whose answer features are.
   * @throws {RangeError} If there is no such layer.
   */
  static async start(strategy: ModelHolder, layerName: string): Promise<FeatureReplicas> {
    const { model } = strategy;
    const [output] = listFirstOutputs(model.getLayer(layerName));
    if (!output) throw new RangeRefusal(needs("the feature extractor", "a layer with an output", layerName));
    const flat = output.rank > 2 ? tf.layers.flatten({ name: "features" }).apply(output) : output;
    if (!(flat instanceof tf.SymbolicTensor))
      throw new TypeRefusal(needs("the feature extractor", "a symbolic output", flat));
    const inputs = model.inputs.filter(({ name }) => !name.startsWith(TASK_LABELS_NAME));
    // It shares the model's layers: there is nothing to dispose of.
    const snapshot = flattenWeights(tf.model({ name: `${model.name}_features`, inputs, outputs: flat }));
    const cluster = await startSubmodel(strategy, { ...snapshot, outputSize: Number(elementAt(flat.shape, 1)) });
    return new FeatureReplicas(strategy, cluster);
  }

  /** Features [B, F] of samples with these vectors. The caller owns them. */
  forward(vectors: WholeVectors, samples: Dataset, mode: FeatureMode = {}): Promise<HostTensor> {
    this.#load(vectors);
    return this.#cluster.forward(this.#createRequest(samples, mode));
  }

  /**
   * Adds (dFeatures/dParameters)ᵀ dFeatures at the strategy's parameters, dFeatures [B, F], to `gradient` [P]. The mode
   * must be the one in which the features were computed.
   */
  async addGradient(
    samples: Dataset,
    {
      dFeatures,
      gradient,
      ...mode
    }: FeatureMode & { readonly dFeatures: Float32Array; readonly gradient: Float32Array },
  ): Promise<void> {
    const { cluster } = this.#strategy;
    this.#load(cluster);
    await this.#cluster.backward(this.#createRequest(samples, mode), dFeatures);
    addSubmodelGradient(gradient, { submodel: this.#cluster, whole: cluster.model });
  }

  /**
   * Adds an objective's gradient at the strategy's parameters to `gradient` [P], in one pass through the model.
   * @returns The objective.
   */
  async addObjectiveGradient(
    samples: Dataset,
    {
      objective,
      gradient,
      ...mode
    }: FeatureMode & { readonly objective: ObjectiveWriter; readonly gradient: Float32Array },
  ): Promise<number> {
    const { cluster } = this.#strategy;
    this.#load(cluster);
    const request = { ...this.#createRequest(samples, mode), outputs: false };
    const step = await this.#cluster.gradientStep(request, objective);
    addSubmodelGradient(gradient, { submodel: this.#cluster, whole: cluster.model });
    return step.objective;
  }

  #createRequest(samples: Dataset, { training = false, dropoutStep = 0 }: FeatureMode): ComputeRequest {
    return { samples, training, dropoutStep, augmentation: this.#strategy.augmentation };
  }

  #load(vectors: WholeVectors): void {
    loadSubmodel(this.#cluster, vectors, this.#strategy.cluster.model);
  }
}
