import type * as tf from "@tensorflow/tfjs";
import type { Cluster } from "../../cluster/cluster.ts";
import type { QuadraticPenalty } from "../../cluster/penalty.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { RandomStreams } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { GrowingHead } from "../../models/growing_head.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import {
  assertOptimizer,
  changeStrategyOptions,
  type ResolvedStrategyOptions,
  resolveStrategyOptions,
  type StrategyOptions,
  type StrategySettings,
} from "../loop/strategy_options.ts";
import { extractFeatures } from "../parts/extract_features.ts";
import { ModelHost, type RowGradientComputation, type SideComputation, type SideGradient } from "./model_host.ts";

/**
 * A strategy's model, and what it and its plugins may have computed with it beside the training step: gradients,
 * outputs and features of any samples. The work is the replicas', whatever their number.
 */
export abstract class ModelOwner {
  protected readonly host: ModelHost;
  readonly #randomStreams: RandomStreams;
  #options: ResolvedStrategyOptions;
  #hasOtherSettings = false;

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range.
   */
  constructor(options: StrategyOptions) {
    this.#options = resolveStrategyOptions(this.constructor.name, options);
    const { seed, cluster } = this.#options;
    this.#randomStreams = new RandomStreams(seed);
    this.host = new ModelHost(options.model, cluster, { optimizer: options.optimizer, seed });
  }

  /** What the strategy was made with, settings as they are now. */
  get options(): ResolvedStrategyOptions {
    return this.#options;
  }

  /** The strategy's named streams of random numbers; a plugin takes one of a name of its own. */
  get randomStreams(): RandomStreams {
    return this.#randomStreams;
  }

  /** How steps are made. Its learning rate may be changed at any time. */
  get optimizer(): Optimizer {
    return this.host.optimizer.current;
  }

  /** Another one makes the steps from now on; it begins without momentum and moments. */
  set optimizer(optimizer: Optimizer) {
    this.host.optimizer.current = assertOptimizer(this.constructor.name, optimizer);
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

  /** The name of a layer that needs two rows of a minibatch in training, if there is one. */
  get rowDemand(): string | undefined {
    return this.host.rowDemand;
  }

  /** The replicas; there from the first `train` or `eval` on. */
  get cluster(): Cluster {
    return this.host.cluster;
  }

  /**
   * The flat parameters [P], live; there from the first `train` or `eval`, or `start`, on. Write to them only between
   * iterations or in `afterUpdate`.
   */
  get parameters(): Float32Array<SharedArrayBuffer> {
    const { parameters } = this.cluster;
    // Somebody may write to them: who looks at the model afterwards sees it.
    this.host.writeBack();
    return parameters;
  }

  /** Copied into the parameters. */
  set parameters(parameters: Float32Array) {
    copyVector("parameters", parameters, this.parameters);
  }

  /**
   * The reduced gradient [P], from `afterBackward` on; may be edited in place in `afterBackward` and `beforeUpdate`.
   */
  get gradient(): Float32Array<SharedArrayBuffer> {
    return this.cluster.gradient;
  }

  /** True where another optimizer was assigned since the strategy was made. */
  get hasOtherOptimizer(): boolean {
    return this.host.optimizer.isOther;
  }

  /** Has the replicas hear of another optimizer now; the loop does so after every callback. */
  attachOptimizer(): Promise<void> {
    return this.host.optimizer.attach(this.host.cluster);
  }

  /** Samples in a training minibatch. A change holds from the next experience on. */
  get trainMbSize(): number {
    return this.options.trainMbSize;
  }

  set trainMbSize(trainMbSize: number) {
    this.changeSettings({ trainMbSize });
  }

  /** Passes over each experience. A change holds at once. */
  get trainEpochs(): number {
    return this.options.trainEpochs;
  }

  set trainEpochs(trainEpochs: number) {
    this.changeSettings({ trainEpochs });
  }

  /** Whether a last, smaller minibatch is left out of training. A change holds from the next experience on. */
  get dropLast(): boolean {
    return this.options.dropLast;
  }

  set dropLast(dropLast: boolean) {
    this.changeSettings({ dropLast });
  }

  /** Samples in an evaluation minibatch. A change holds from the next evaluated experience on. */
  get evalMbSize(): number {
    return this.options.evalMbSize;
  }

  set evalMbSize(evalMbSize: number) {
    this.changeSettings({ evalMbSize });
  }

  /** True where settings were changed since the strategy was made. */
  get hasOtherSettings(): boolean {
    return this.#hasOtherSettings;
  }

  /** @throws {RangeError} If something in the strategy cannot work with these. */
  protected assertOptions(_options: ResolvedStrategyOptions): void {}

  /**
   * Changes how the strategy goes about it.
   * @throws {RangeError} If a value is out of range.
   */
  changeSettings(change: Readonly<Partial<StrategySettings>>): void {
    const options = changeStrategyOptions(this.constructor.name, this.#options, change);
    this.assertOptions(options);
    this.#options = options;
    this.#hasOtherSettings = true;
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
   * Features [N, F] of any samples without dropout: the named layer's activations, computed by the replicas. The caller
   * owns the result.
   * @param layerName Default: the layer before the last.
   */
  async extractFeatures(samples: Dataset, layerName?: string): Promise<HostTensor> {
    this.host.assertOpen();
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

/**
 * Copies a vector into one of the model's.
 * @throws {RangeRefusal} If the lengths differ.
 */
export function copyVector(name: string, vector: Float32Array, into: Float32Array): void {
  if (vector.length === into.length) into.set(vector);
  else throw new RangeRefusal(`strategy.${name} has ${into.length} values, got ${vector.length}`);
}
