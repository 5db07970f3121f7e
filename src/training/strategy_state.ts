import type * as tf from "@tensorflow/tfjs";
import type { Cluster } from "../cluster/cluster.ts";
import type { QuadraticPenalty } from "../cluster/penalty.ts";
import { cannot } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import { RandomStreams } from "../core/random_stream.ts";
import type { SavedState } from "../core/saved_state.ts";
import type { DataSource } from "../data/data_source.ts";
import { Dataset } from "../data/dataset.ts";
import { readSamples } from "../data/read_samples.ts";
import type { EvaluatedStrategy } from "../evaluation/evaluated_strategy.ts";
import type { DataLoader } from "../memory/data_loader.ts";
import type { GrowingHead } from "../models/growing_head.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Experience } from "../streams/experience.ts";
import { Clock } from "./clock.ts";
import { ModelHost, type RowGradientComputation, type SideComputation, type SideGradient } from "./model_host.ts";
import { PluginDispatcher } from "./plugin_dispatcher.ts";
import { type ResolvedStrategyOptions, resolveStrategyOptions, type StrategyOptions } from "./strategy_options.ts";
import type { StrategyPlugin } from "./strategy_plugin.ts";

const EMPTY_OUTPUT: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

/**
 * What a strategy knows at any moment of its loops, and what plugins may ask of it. Everything is whole (the minibatch, its
 * outputs, the reduced gradient, the parameters), whatever the number of replicas. Attributes are borrowed: they hold
 * until the part of the loop that set them is over.
 */
export abstract class StrategyState implements EvaluatedStrategy {
  readonly optimizer: Optimizer;
  readonly clock = new Clock();
  /** The strategy's named streams of random numbers; a plugin takes one of a name of its own. */
  readonly randomStreams: RandomStreams;
  readonly options: ResolvedStrategyOptions;

  isTraining = false;
  /** True once the current experience's training is to end before its next minibatch. */
  isStopped = false;
  currentEvalStream: readonly Experience[] = [];
  /** The minibatch's training loss, plugins' terms and penalties included; in evaluation the criterion alone. */
  loss = 0;
  /** Outputs of the whole minibatch [B, C]. */
  mbOutput: HostTensor = EMPTY_OUTPUT;

  protected readonly host: ModelHost;
  protected readonly dispatcher: PluginDispatcher;
  #experience: Experience | undefined;
  #adaptedDataset: Dataset = Dataset.empty();
  #dataloader: DataLoader | undefined;
  #mbatch: Dataset = Dataset.empty();
  #mbX: HostTensor | undefined;

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
    this.dispatcher = new PluginDispatcher();
  }

  /** Side computations in training mode so far; each has dropout masks of its own. */
  get sideSteps(): number {
    return this.host.sideSteps;
  }

  set sideSteps(count: number) {
    this.host.sideSteps = count;
  }

  /** All plugins in the order in which they are called: the user's, then the evaluator, periodic evaluation, the clock. */
  get plugins(): readonly StrategyPlugin[] {
    return this.dispatcher.plugins;
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

  /** The reduced gradient [P], from `afterBackward` on; may be edited in place in `afterBackward` and `beforeUpdate`. */
  get gradient(): Float32Array<SharedArrayBuffer> {
    return this.cluster.gradient;
  }

  /** True for a strategy that wants all experiences in one call of `train`. */
  get trainsJointly(): boolean {
    return false;
  }

  get isEval(): boolean {
    return !this.isTraining;
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

  get iterationsPerEpoch(): number {
    return this.#dataloader?.length ?? 0;
  }

  /** @throws {Error} Before the first `train` or `eval`. */
  get experience(): Experience {
    if (!this.#experience) throw new Error(cannot("read the experience", "a call inside train or eval", "one outside"));
    return this.#experience;
  }

  protected set experience(experience: Experience) {
    this.#experience = experience;
  }

  /** The samples that the current experience is trained or evaluated on. */
  get adaptedDataset(): Dataset {
    return this.#adaptedDataset;
  }

  /** May be replaced in `afterTrainDatasetAdaptation`, by one plugin at most. */
  set adaptedDataset(dataset: Dataset) {
    if (this.isTraining) this.dispatcher.claim("adaptedDataset");
    this.#adaptedDataset = dataset;
  }

  /** @throws {Error} Before it was made. */
  get dataloader(): DataLoader {
    if (!this.#dataloader) throw new Error(cannot("read the dataloader", "a call after it was made", "one before"));
    return this.#dataloader;
  }

  /** May be replaced in `beforeTrainingExp`, by one plugin at most. */
  set dataloader(dataloader: DataLoader) {
    if (this.isTraining) this.dispatcher.claim("dataloader");
    this.#dataloader = dataloader;
  }

  /** The current minibatch, as a view on its samples. */
  get mbatch(): Dataset {
    return this.#mbatch;
  }

  set mbatch(samples: Dataset) {
    this.#mbatch = samples;
    this.#mbX = undefined;
  }

  /** The number from 1 of the training iteration as which samples are augmented; 0 outside iterations, and in evaluation. */
  get augmentation(): number {
    return this.host.augmentation;
  }

  /** Inputs of the minibatch [B, …sampleShape] as the model sees them; read from the samples at the first use. */
  get mbX(): HostTensor {
    this.#mbX ??= readSamples(this.#mbatch, { seed: this.options.seed, step: this.augmentation });
    return this.#mbX;
  }

  /** Class ids of the minibatch [B]. */
  get mbY(): Int32Array {
    return this.#mbatch.targets;
  }

  /** Task labels of the minibatch [B]. */
  get mbTaskId(): Int32Array {
    return this.#mbatch.targetsTaskLabels;
  }

  /**
   * The gradient [P] of the criterion's mean over any samples, computed by the replicas; the training gradient stays as it
   * is. Borrowed until the next call.
   */
  async gradientOn(samples: Dataset, options: SideComputation = {}): Promise<Float32Array> {
    return (await this.lossAndGradientOn(samples, options)).gradient;
  }

  /** The same with the loss that it is the gradient of. */
  lossAndGradientOn(samples: Dataset, options: SideComputation = {}): Promise<SideGradient> {
    return this.host.lossAndGradientOn(samples, this.options.criterion, options);
  }

  /**
   * The mean over any samples of the squares, or of the absolute values, of each sample's own gradient [P], without dropout.
   * For dense layers it costs little more than one gradient. Borrowed until the next call.
   */
  rowGradientsOn(samples: Dataset, options: RowGradientComputation): Promise<Float32Array> {
    return this.host.rowGradientsOn(samples, this.options.criterion, options);
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
   * Features [N, F] of any samples without dropout: what the named layer answers, or the layer before the last where none is
   * named. The caller owns the result.
   */
  async extractFeatures(samples: Dataset, layerName?: string): Promise<HostTensor> {
    // Loaded by the few plugins that need it.
    const { extractFeatures } = await import("./extract_features.ts");
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

  /** What a subclass must keep to go on identically; nothing if it has no state of its own. */
  saveOwnState(): SavedState {
    return null;
  }

  /** Goes on from what `saveOwnState` gave; `sources` are the benchmark's, by name. */
  restoreOwnState(_saved: SavedState, _sources: ReadonlyMap<string, DataSource>): void {}

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

  /** Drops what belonged to the loop that has ended. */
  protected forgetLoop(): void {
    this.#adaptedDataset = Dataset.empty();
    this.#dataloader = undefined;
    this.mbatch = Dataset.empty();
    this.mbOutput = EMPTY_OUTPUT;
  }

  /** Remembers the loop's state, so that an evaluation in the middle of training disturbs nothing. */
  protected saveLoop(): () => void {
    const { augmentation } = this.host;
    this.host.augmentation = 0;
    const { isTraining, loss, mbOutput, currentEvalStream } = this;
    const [experience, adapted, dataloader, mbatch] = [
      this.#experience,
      this.#adaptedDataset,
      this.#dataloader,
      this.#mbatch,
    ];
    return () => {
      this.host.augmentation = augmentation;
      Object.assign(this, { isTraining, loss, mbOutput, currentEvalStream, mbatch });
      this.#experience = experience;
      this.#adaptedDataset = adapted;
      this.#dataloader = dataloader;
    };
  }
}
