import { isDeepStrictEqual } from "node:util";
import type * as tf from "@tensorflow/tfjs";
import type { Cluster } from "../../cluster/cluster.ts";
import type { QuadraticPenalty } from "../../cluster/penalty.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { listModelVariables } from "../../engine/tfjs/model_variables.ts";
import { findRowDemand } from "../../engine/tfjs/row_demand.ts";
import { type GrowingHead, listGrowingHeads } from "../../models/growth/growing_head.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { assertOptimizer, type ResolvedStrategyOptions } from "../loop/strategy_options.ts";
import { extractFeatures } from "../submodels/extract_features.ts";
import { AttachedOptimizer } from "./attached_optimizer.ts";
import { compareGradients } from "./compare_gradients.ts";
import { computeGradient } from "./compute_gradient.ts";
import { copyVector } from "./copy_vector.ts";
import { growCluster, startCluster } from "./model_cluster.ts";
import type { ModelGrowth } from "./model_growth.ts";
import {
  averageRowGradients,
  type RowGradientComputation,
  requestGradient,
  requestOutputs,
  type SideComputation,
  type SideGradient,
  visitGradients,
} from "./side_computations.ts";
import { TrainedWeights } from "./trained_weights.ts";

const NOT_STARTED = "parameters, cluster and gradients are there from the first train or eval on";
const CLOSED = "the strategy was closed: make another one with the model, which keeps its trained weights";

/**
 * Holds a strategy's model, its optimizer and the replicas that compute with them, which start when they are first
 * needed. A strategy and its plugins may have gradients, outputs and features of any samples computed beside the
 * training step.
 */
export abstract class ModelHolder {
  /** Side computations in training mode so far; each has dropout masks of its own. */
  sideSteps = 0;
  readonly #optimizer: AttachedOptimizer;
  #model: tf.LayersModel;
  #heads: readonly GrowingHead[] = [];
  #cluster: Cluster | undefined;
  #starting: Promise<Cluster> | undefined;
  #weights: TrainedWeights | undefined;
  /** Of the model that the strategy was made with, once a wider one of ours has taken its place. */
  #formerWeights: TrainedWeights | undefined;
  readonly #resources: { close(): Promise<void> }[] = [];
  #isClosed = false;

  constructor({ model, optimizer }: { readonly model: tf.LayersModel; readonly optimizer: Optimizer }) {
    this.#model = model;
    this.#optimizer = new AttachedOptimizer(optimizer, () => listModelVariables(model).layout);
  }

  /** What the strategy was made with, settings as they are now. */
  abstract get options(): ResolvedStrategyOptions;

  /**
   * The number from 1 of the training iteration as which samples are augmented; 0 outside iterations, and in
   * evaluation.
   */
  abstract get augmentation(): number;

  /** How steps are made. Its learning rate may be changed at any time. */
  get optimizer(): Optimizer {
    return this.#optimizer.current;
  }

  /** Another one makes the steps from now on; it begins without momentum and moments. */
  set optimizer(optimizer: Optimizer) {
    assertOptimizer(this.constructor.name, optimizer);
    this.#optimizer.change(optimizer, () => this.#cluster?.model.layout ?? listModelVariables(this.#model).layout);
  }

  /** True where another optimizer was assigned since the strategy was made. */
  get hasOtherOptimizer(): boolean {
    return this.#optimizer.isOther;
  }

  /** Has the replicas hear of another optimizer now, if there is one; the loop does so after every callback. */
  attachOptimizer(): Promise<void> | undefined {
    return this.#optimizer.attach(this.cluster);
  }

  /**
   * Trained in place; its weights are up to date whenever `train` has returned. When heads grow, a new model takes its
   * place, and the one that the strategy was made with keeps the values that it had.
   */
  get model(): tf.LayersModel {
    return this.#model;
  }

  /** The model's growing heads as they are now; none before the replicas are there. */
  get heads(): readonly GrowingHead[] {
    return this.#heads;
  }

  /** The name of a layer that needs two rows of a minibatch in training, if there is one. */
  get rowDemand(): string | undefined {
    return findRowDemand(this.#model);
  }

  /** The replicas, with what was assigned to the model's weights; there from the first `train` or `eval` on. */
  get cluster(): Cluster {
    if (!this.#cluster) throw new RefusalError(`${NOT_STARTED}: write \`await strategy.start()\` first`);
    this.#weights?.take(this.#cluster);
    return this.#cluster;
  }

  /**
   * The flat parameters [P], live; there from the first `train` or `eval`, or `start`, on. Write to them only between
   * iterations or in `afterUpdate`.
   */
  get parameters(): Float32Array<SharedArrayBuffer> {
    const { parameters } = this.cluster;
    // Somebody may write to them: who looks at the model afterwards sees it.
    this.showTrainedWeights();
    return parameters;
  }

  /** Copied into the parameters. */
  set parameters(parameters: Float32Array) {
    copyVector("parameters", parameters, this.parameters);
  }

  /**
   * The gradient [P] of the criterion's mean over any samples, computed by the replicas; the training gradient stays as
   * it is. Borrowed until the next call.
   */
  async gradientOn(samples: Dataset, options: SideComputation = {}): Promise<Float32Array> {
    return (await this.lossAndGradientOn(samples, options)).gradient;
  }

  /** The same with the loss that it is the gradient of. */
  async lossAndGradientOn(samples: Dataset, options: SideComputation = {}): Promise<SideGradient> {
    const { cluster } = this;
    const { criterion = this.options.criterion } = options;
    const loss = await computeGradient(cluster, requestGradient(this, samples, options), { criterion });
    return { loss, gradient: cluster.scratchGradient };
  }

  /**
   * The mean over any samples of the squares, or of the absolute values, of each sample's own gradient [P], without
   * dropout. For dense layers it costs little more than one gradient. Borrowed until the next call.
   */
  async rowGradientsOn(samples: Dataset, options: RowGradientComputation): Promise<Float32Array> {
    const { criterion = this.options.criterion, measure } = options;
    return averageRowGradients(this.cluster, requestGradient(this, samples, options), { criterion, measure });
  }

  /**
   * Each sample's own gradient [P] of the criterion, without dropout, in order: as many at a time as there are logical
   * shards, over the replicas.
   * @param visit Borrows the gradient.
   */
  async visitGradientsOn(samples: Dataset, visit: (gradient: Float32Array) => void): Promise<void> {
    const { criterion } = this.options;
    await visitGradients(this.cluster, requestGradient(this, samples, {}), { criterion, visit });
  }

  /**
   * Cosines [B, K] of the angles between the gradients [P] of the criterion for each of B samples and for each of K
   * others, without dropout; 0 where a gradient is zero. Of dense layers it costs little more than one gradient; with
   * other layers, one for each sample. The caller owns the result.
   */
  async compareGradientsOn(samples: Dataset, others: Dataset): Promise<HostTensor> {
    const { criterion } = this.options;
    return compareGradients(this.cluster, requestGradient(this, samples, {}), { others, criterion });
  }

  /** Outputs [B, C] of any samples with any parameters [P], computed by the replicas. The caller owns the result. */
  async forwardWith(
    parameters: Float32Array,
    samples: Dataset,
    options: Pick<SideComputation, "training"> = {},
  ): Promise<HostTensor> {
    return this.cluster.forward(requestOutputs(this, samples, { ...options, parameters }));
  }

  /**
   * Features [N, F] of any samples without dropout: the named layer's activations, computed by the replicas. The caller
   * owns the result.
   * @param layerName Default: the layer before the last.
   */
  async extractFeatures(samples: Dataset, layerName?: string): Promise<HostTensor> {
    this.#assertOpen();
    return extractFeatures(this, samples, layerName);
  }

  /** Adds a quadratic penalty in parameter space to every training step from now on, until it is removed. */
  addPenalty(penalty: QuadraticPenalty): void {
    this.cluster.penalties.add(penalty);
  }

  removePenalty(penalty: QuadraticPenalty): void {
    this.cluster.penalties.remove(penalty);
  }

  /** Starts the replicas now rather than at the first `train` or `eval`: a snapshot is restored into them. */
  async start(): Promise<void> {
    this.#assertOpen();
    if (!this.#cluster) {
      this.#starting ??= this.#startCluster();
      await this.#starting;
      return;
    }
    this.assertSameTensors();
    this.#formerWeights?.assertUntouched();
    this.takeAssignedWeights();
  }

  /** Has something that a plugin started closed together with the strategy. */
  closeWith(resource: { close(): Promise<void> }): void {
    this.#resources.push(resource);
    if (!this.#isClosed) return;
    void this.close();
    throw new RefusalError(CLOSED);
  }

  /** Ends the replicas. The model keeps its trained weights; the strategy cannot be used any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const resource of this.#resources.splice(0)) await resource.close();
    await this.#cluster?.close();
    for (const weights of [this.#weights, this.#formerWeights]) weights?.settle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** True while replicas start or compute. */
  protected isComputing(): boolean {
    return this.#starting !== undefined || this.#cluster?.isBusy === true;
  }

  /** @throws {RefusalError} If layers were frozen or unfrozen since the replicas took the model. */
  protected assertSameTensors(): void {
    this.#weights?.assertSameTensors();
  }

  /** Copies values that were assigned to the model's weights to the replicas. */
  protected takeAssignedWeights(): void {
    if (this.#cluster) this.#weights?.take(this.#cluster);
  }

  /** The model's weights are the trained values from now on, copied when they are read. */
  protected showTrainedWeights(): void {
    if (this.#cluster) this.#weights?.show(this.#cluster);
  }

  /** @returns How vectors changed places; undefined if the heads are as wide already. */
  protected async widenHeads(heads: readonly GrowingHead[]): Promise<ModelGrowth | undefined> {
    if (isDeepStrictEqual(heads, this.#heads)) return undefined;
    const { cluster } = this;
    const isOwnModel = this.#formerWeights !== undefined;
    if (isOwnModel) this.#weights?.forget();
    else this.#weights?.release(cluster);
    const { model, growth } = await growCluster(cluster, heads, this.options);
    if (isOwnModel) this.#model.dispose();
    else this.#formerWeights = this.#weights;
    this.#model = model;
    this.#weights = new TrainedWeights(model);
    this.#heads = heads;
    return growth;
  }

  async #startCluster(): Promise<Cluster> {
    try {
      const { cluster: options, criterion, seed } = this.options;
      const weights = new TrainedWeights(this.#model);
      const cluster = await startCluster(this.#model, options, {
        optimizer: this.#optimizer.begin(),
        ofLogits: criterion.ofLogits ?? false,
        seed,
      });
      if (this.#isClosed) {
        await cluster.close();
        throw new RefusalError(CLOSED);
      }
      this.#weights = weights;
      this.#heads = listGrowingHeads(cluster.model.topology);
      this.#cluster = cluster;
      return cluster;
    } finally {
      this.#starting = undefined;
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new RefusalError(CLOSED);
  }
}
