import type { Cluster } from "../../cluster/cluster.ts";
import { type ClusterModel, chooseComputed } from "../../cluster/cluster_model.ts";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { listFirstOutputs } from "../../engine/tfjs/model_layers.ts";
import { loadModel } from "../../engine/tfjs/model_loading.ts";
import { flattenWeights } from "../../models/model_snapshot.ts";
import { cutUpperPart } from "../../onnx/topology/cut_upper_part.ts";
import type { Criterion } from "../losses/criterion.ts";
import { computeGradient } from "../model/compute_gradient.ts";
import type { ModelHolder } from "../model/model_holder.ts";
import { addSubmodelGradient, loadSubmodel, startSubmodel } from "./submodel_replicas.ts";

/** A gradient that the upper part is asked for. */
export interface UpperGradient {
  readonly criterion: Criterion;
  /** What loss and gradient are multiplied by. */
  readonly weight: number;
  /** Decides the dropout masks. */
  readonly dropoutStep: number;
  /** [P] of the whole model; what is asked for is added to it. */
  readonly gradient: Float32Array;
}

/**
 * The model behind one of its layers, on replicas of its own: what a loss of its outputs means for the parameters of
 * that part, given what the layer answered, now or long ago. They end with the strategy; calls must not overlap.
 */
export class UpperReplicas {
  readonly #strategy: ModelHolder;
  readonly #layerName: string;
  readonly #cluster: Cluster;
  /** The model that the part was cut off: a wider one takes its place when heads grow. */
  #whole: Cluster["model"];

  private constructor(strategy: ModelHolder, layerName: string, cluster: Cluster) {
    this.#strategy = strategy;
    this.#layerName = layerName;
    this.#cluster = cluster;
    this.#whole = strategy.cluster.model;
  }

  /**
   * Starts them, laid out as the strategy's own are.
   * @throws {RangeError} If there is no such layer, or some way from the samples to the outputs goes past it.
   */
  static async start(strategy: ModelHolder, layerName: string): Promise<UpperReplicas> {
    const cluster = await startSubmodel(strategy, await cutModel(strategy, layerName));
    return new UpperReplicas(strategy, layerName, cluster);
  }

  /** Names of the part's parameters and of its layers' state. */
  listNames(): ReadonlySet<string> {
    const { layout, stateLayout } = this.#cluster.model;
    return new Set([...layout.entries, ...stateLayout.entries].map(({ name }) => name));
  }

  /**
   * Adds weight · the gradient of the criterion's mean over `samples` to the gradient, as in training: with dropout and
   * batch statistics. The layers' state is left alone.
   * @param samples What the layer gave, as samples.
   * @returns weight · loss
   */
  async addGradient(samples: Dataset, { criterion, weight, dropoutStep, gradient }: UpperGradient): Promise<number> {
    const part = await this.#load();
    const request = { samples, training: true, dropoutStep };
    const loss = await computeGradient(part, request, { criterion });
    addSubmodelGradient(gradient, { submodel: part, whole: this.#whole, factor: weight });
    return weight * loss;
  }

  async #load(): Promise<Cluster> {
    const { cluster } = this.#strategy;
    if (this.#whole !== cluster.model) {
      await this.#cluster.replaceModel(await cutModel(this.#strategy, this.#layerName));
      this.#whole = cluster.model;
    }
    loadSubmodel(this.#cluster, cluster, this.#whole);
    return this.#cluster;
  }
}

async function cutModel({ model, cluster }: ModelHolder, layerName: string): Promise<ClusterModel> {
  const output = elementAt(listFirstOutputs(model.getLayer(layerName)), 0);
  const sampleShape = output.shape.slice(1).map((length) => {
    if (length !== null) return length;
    throw new RangeRefusal(needs(`${model.name}`, `a layer whose rows have one shape`, layerName));
  });
  const part = await loadModel(cutUpperPart(chooseComputed(cluster.model), { layerName, sampleShape }));
  const snapshot = flattenWeights(part);
  part.dispose();
  return { ...snapshot, outputSize: cluster.model.outputSize };
}
