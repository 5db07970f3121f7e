import type * as tf from "@tensorflow/tfjs";
import type { Cluster } from "../cluster/cluster.ts";
import type { QuadraticPenalty } from "../cluster/penalty.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import { RandomStreams } from "../core/random_stream.ts";
import type { Dataset } from "../data/dataset.ts";
import type { GrowingHead } from "../models/growing_head.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { ModelHost, type RowGradientComputation, type SideComputation, type SideGradient } from "./model_host.ts";
import { type ResolvedStrategyOptions, resolveStrategyOptions, type StrategyOptions } from "./strategy_options.ts";

/**
 * A strategy's model, and what it and its plugins may have computed with it beside the training step: gradients,
 * outputs and features of any samples. The work is the replicas', whatever their number.
 */
export abstract class ModelOwner {
  readonly optimizer: Optimizer;
  /** The strategy's named streams of random numbers; a plugin takes one of a name of its own. */
  readonly randomStreams: RandomStreams;
  readonly options: ResolvedStrategyOptions;
  protected readonly host: ModelHost;

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range.
   */
  constructor(options: StrategyOptions) {
    this.options = resolveStrategyOptions(this.constructor.name, options);
    this.optimizer = options.optimizer;
    const { seed, cluster } = this.options;
    this.randomStreams = new RandomStreams(seed);
    this.host = new ModelHost(options.model, cluster, { optimizer: options.optimizer, seed });
  }

  /** Side computations in training mode so far; each has dropout masks of its own. */
  get sideSteps(): number {
    return this.host.sideSteps;
  }

  set sideSteps(count: number) {
    this.host.sideSteps = count;
  }

  /**
   * The number from 1 of the training iteration as which samples are augmented; 0 outside iterations, and in
   * evaluation.
   */
  get augmentation(): number {
    return this.host.augmentation;
  }

  /** The model's growing heads as they are now. */
  get heads(): readonly GrowingHead[] {
    return this.host.heads;
  }

  /**
   * Trained in place; its weights are up to date whenever `train` has returned. When heads grow, a new model takes its
   * place, and the one that the strategy was made with keeps the values that it had.
   */
  get model(): tf.LayersModel {
    return this.host.model;
  }

  /** The replicas; there from the first `train` or `eval` on. */
  get cluster(): Cluster {
    return this.host.cluster;
  }

  /** The flat parameters [P], live. Write to them only between iterations or in `afterUpdate`. */
  get parameters(): Float32Array<SharedArrayBuffer> {
    return this.cluster.parameters;
  }

  /**
   * The reduced gradient [P], from `afterBackward` on; may be edited in place in `afterBackward` and `beforeUpdate`.
   */
  get gradient(): Float32Array<SharedArrayBuffer> {
    return this.cluster.gradient;
  }

  get trainMbSize(): number {
    return this.options.trainMbSize;
  }

  get trainEpochs(): number {
    return this.options.trainEpochs;
  }

  get evalMbSize(): number {
    return this.options.evalMbSize;
  }

  /**
   * The gradient [P] of the criterion's mean over any samples, computed by the replicas; the training gradient stays as
   * it is. Borrowed until the next call.
   */
  async gradientOn(samples: Dataset, options: SideComputation = {}): Promise<Float32Array> {
    return (await this.lossAndGradientOn(samples, options)).gradient;
  }

  /** The same with the loss that it is the gradient of. */
  lossAndGradientOn(samples: Dataset, options: SideComputation = {}): Promise<SideGradient> {
    return this.host.lossAndGradientOn(samples, this.options.criterion, options);
  }

  /**
   * The mean over any samples of the squares, or of the absolute values, of each sample's own gradient [P], without
   * dropout. For dense layers it costs little more than one gradient. Borrowed until the next call.
   */
  rowGradientsOn(samples: Dataset, options: RowGradientComputation): Promise<Float32Array> {
    return this.host.rowGradientsOn(samples, this.options.criterion, options);
  }

  /**
   * Each sample's own gradient [P] of the criterion, without dropout, in order: as many at a time as there are logical
   * shards, over the replicas.
   * @param visit Borrows the gradient.
   */
  visitGradientsOn(samples: Dataset, visit: (gradient: Float32Array) => void): Promise<void> {
    return this.host.visitGradientsOn(samples, this.options.criterion, visit);
  }

  /** Outputs [B, C] of any samples with any parameters [P], computed by the replicas. The caller owns the result. */
  forwardWith(
    parameters: Float32Array,
    samples: Dataset,
    options: Pick<SideComputation, "training"> = {},
  ): Promise<HostTensor> {
    return this.host.forwardWith(samples, { ...options, parameters });
  }

  /**
   * Features [N, F] of any samples without dropout: what the named layer answers, or the layer before the last where
   * none is named. The caller owns the result.
   */
  async extractFeatures(samples: Dataset, layerName?: string): Promise<HostTensor> {
    // Loaded by the few plugins that need it.
    const { extractFeatures } = await import("./parts/extract_features.ts");
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
    await this.host.start();
  }

  /** Has something that a plugin started closed together with the strategy. */
  closeWith(resource: { close(): Promise<void> }): void {
    this.host.closeWith(resource);
  }

  /** Ends the replicas. The model keeps its trained weights; the strategy cannot be used any more. */
  close(): Promise<void> {
    return this.host.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
