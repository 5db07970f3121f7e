import type { Cluster } from "../../cluster/cluster.ts";
import type { ComputeRequest } from "../../cluster/compute_request.ts";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { Dataset } from "../../data/dataset.ts";
import { listFirstOutputs } from "../../engine/tfjs/model_layers.ts";
import * as tf from "../../engine/tfjs/tensorflow.ts";
import { flattenWeights } from "../../models/model_snapshot.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";
import type { ModelHolder } from "../model/model_holder.ts";
import {
  addSubmodelGradient,
  copyByName,
  findRun,
  loadSubmodel,
  startSubmodel,
  type WholeVectors,
} from "./submodel_replicas.ts";

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
  /** What `forwardFixed` was last asked for, by the submodel's layout; replicas read it in place. */
  #fixed: { readonly vectors: WholeVectors; readonly parameters: Float32Array<SharedArrayBuffer> } | undefined;
  /** Room for those that `forwardFixed` lends. */
  #features = new Float32Array(0);
  /** The model that the replicas were started for, and where the submodel's parameters stand in its own, in one run. */
  readonly #whole: Cluster["model"];
  readonly #run: number | undefined;
  /** That run of that model's own parameters. */
  #view: Float32Array | undefined;

  private constructor(strategy: ModelHolder, cluster: Cluster) {
    this.#strategy = strategy;
    this.#cluster = cluster;
    this.#whole = strategy.cluster.model;
    this.#run = findRun(cluster.model.layout, this.#whole.layout);
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
   * The same with vectors that nobody writes to, without dropout: their parameters are copied once, at the first call.
   * The features are borrowed until the next call.
   */
  forwardFixed(vectors: WholeVectors, samples: Dataset): Promise<HostTensor> {
    const { model: whole } = this.#strategy.cluster;
    const { layout } = this.#cluster.model;
    if (this.#fixed?.vectors !== vectors) {
      const parameters = this.#fixed?.parameters ?? createSharedFloat32(layout.size);
      copyByName({ from: vectors.parameters, layout: whole.layout }, { into: parameters, layout });
      this.#fixed = { vectors, parameters };
    }
    this.#loadState(vectors);
    const { parameters } = this.#fixed;
    const size = samples.length * this.#cluster.model.outputSize;
    if (this.#features.length < size) this.#features = new Float32Array(size);
    return this.#cluster.forward({ ...this.#createRequest(samples, {}), parameters, into: this.#features });
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
    await this.#cluster.backward(this.#createOwnRequest(samples, mode), dFeatures);
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
    const request = { ...this.#createOwnRequest(samples, mode), outputs: false };
    const step = await this.#cluster.gradientStep(request, objective);
    addSubmodelGradient(gradient, { submodel: this.#cluster, whole: cluster.model });
    return step.objective;
  }

  #createRequest(samples: Dataset, { training = false, dropoutStep = 0 }: FeatureMode): ComputeRequest {
    return { samples, training, dropoutStep, augmentation: this.#strategy.augmentation };
  }

  /**
   * A request with the strategy's parameters as they are. Replicas read them where they are, if they can: not in
   * training, which is of the submodel's own parameters, and not once heads have grown, as each growth brings other
   * memory, which would stay held.
   */
  #createOwnRequest(samples: Dataset, mode: FeatureMode): ComputeRequest {
    const { cluster } = this.#strategy;
    const request = this.#createRequest(samples, mode);
    if (mode.training || this.#run === undefined || cluster.model !== this.#whole) {
      this.#load(cluster);
      return request;
    }
    this.#loadState(cluster);
    const { parameters } = cluster;
    this.#view ??= parameters.subarray(this.#run, this.#run + this.#cluster.model.layout.size);
    return { ...request, parameters: this.#view };
  }

  #loadState({ state }: Pick<WholeVectors, "state">): void {
    const whole = this.#strategy.cluster.model.stateLayout;
    copyByName({ from: state, layout: whole }, { into: this.#cluster.state, layout: this.#cluster.model.stateLayout });
  }

  #load(vectors: WholeVectors): void {
    loadSubmodel(this.#cluster, vectors, this.#strategy.cluster.model);
  }
}
