import { isDeepStrictEqual } from "node:util";
import type * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../cluster/cluster.ts";
import type { ResolvedClusterOptions } from "../../cluster/cluster_options.ts";
import { ROW_MEASURES } from "../../cluster/protocol/control_block.ts";
import { describeUnknownName, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import type { RandomStreams } from "../../core/random_stream.ts";
import { scaleVector } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { findRowDemand } from "../../engine/tfjs/row_demand.ts";
import { growSnapshot } from "../../models/grow_snapshot.ts";
import { type ClassesByTask, type GrowingHead, listGrowingHeads, listUnits } from "../../models/growing_head.ts";
import { createModelFromSnapshot, flattenWeights } from "../../models/model_snapshot.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import type { Criterion } from "../losses/criterion.ts";
import { AttachedOptimizer } from "./attached_optimizer.ts";
import { computeGradient } from "./compute_gradient.ts";
import { createModelGrowth, type ModelGrowth } from "./model_growth.ts";
import { TrainedWeights } from "./trained_weights.ts";

/** Numbers above every training iteration's, for the dropout masks of computations that plugins ask for. */
const FIRST_SIDE_STEP = 2 ** 30;

const NOT_STARTED = "parameters, cluster and gradients are there from the first train or eval on";
const CLOSED = "the strategy was closed: make another one with the model, which keeps its trained weights";

/** How a plugin wants a gradient or outputs computed beside the training step. */
export interface SideComputation {
  /** Parameters [P] to use instead of the model's own. */
  readonly parameters?: Float32Array;
  /** True drops units; false if left out. */
  readonly training?: boolean;
  /** What a gradient is taken of; the strategy's criterion if left out. */
  readonly criterion?: Criterion;
}

/** How a plugin wants the gradients of single samples looked at. */
export interface RowGradientComputation extends Omit<SideComputation, "training"> {
  readonly measure: RowMeasure;
}

/** What a side computation of a gradient gives. */
export interface SideGradient {
  readonly loss: number;
  /** [P], borrowed until the next side computation of a gradient. */
  readonly gradient: Float32Array;
}

/**
 * A strategy's model where it computes: starts the cluster when it is first needed, brings trained weights back, and
 * lets growing heads grow.
 */
export class ModelHost {
  #model: tf.LayersModel;
  /** A model that this class made: it disposes of it when a wider one takes its place. */
  #ownModel: tf.LayersModel | undefined;
  #heads: readonly GrowingHead[] = [];
  readonly #options: ResolvedClusterOptions;
  readonly #seed: number;
  readonly optimizer: AttachedOptimizer;
  #cluster: Cluster | undefined;
  #starting: Promise<Cluster> | undefined;
  #weights: TrainedWeights | undefined;
  /** Of models that wider ones took the place of. */
  readonly #formerWeights: TrainedWeights[] = [];
  /** Side computations in training mode so far: each has dropout masks of its own. */
  sideSteps = 0;
  /**
   * Number from 1 of the training iteration that is going on, as which samples are augmented; 0 where there is none.
   */
  augmentation = 0;
  readonly #resources: { close(): Promise<void> }[] = [];
  #closed = false;

  constructor(
    model: tf.LayersModel,
    options: ResolvedClusterOptions,
    training: { optimizer: Optimizer; seed: number },
  ) {
    this.#model = model;
    this.#options = options;
    this.#seed = training.seed;
    this.optimizer = new AttachedOptimizer(training.optimizer);
  }

  /** The model; a wider one once heads have grown. */
  get model(): tf.LayersModel {
    return this.#model;
  }

  /** The model's growing heads, as they are; none before `start`. */
  get heads(): readonly GrowingHead[] {
    return this.#heads;
  }

  /** The layer that needs two rows of a minibatch in training. */
  get rowDemand(): string | undefined {
    return findRowDemand(this.#model);
  }

  /** The running cluster, with what was assigned to the model's weights. @throws {RefusalError} Before `start`. */
  get cluster(): Cluster {
    const cluster = this.#cluster;
    if (!cluster) throw new RefusalError(`${NOT_STARTED}: write \`await strategy.start()\` first`);
    this.#weights?.take(cluster);
    return cluster;
  }

  /** True while replicas start or compute. */
  get isComputing(): boolean {
    return this.#starting !== undefined || this.#cluster?.isBusy === true;
  }

  /**
   * Starts the replicas at the first call.
   * @throws {RefusalError} If the strategy was closed, or layers were frozen or set free since.
   */
  async start(): Promise<Cluster> {
    this.assertOpen();
    if (!this.#cluster) {
      this.#starting ??= this.#startCluster();
      return this.#starting;
    }
    this.assertSameTensors();
    for (const weights of this.#formerWeights) weights.assertUntouched();
    return this.cluster;
  }

  /** @throws {RefusalError} If the strategy was closed. */
  assertOpen(): void {
    if (this.#closed) throw new RefusalError(CLOSED);
  }

  /** @throws {RefusalError} If layers were frozen or set free since the replicas took the model. */
  assertSameTensors(): void {
    this.#weights?.assertSameTensors();
  }

  /**
   * Makes the heads as wide as these, one for each of `heads`; what is new depends on the seed alone.
   * @returns How vectors changed places; undefined if the heads are as wide already.
   */
  async grow(heads: readonly GrowingHead[], streams: RandomStreams): Promise<ModelGrowth | undefined> {
    if (isDeepStrictEqual(heads, this.#heads)) return undefined;
    const { cluster } = this;
    const { parameters, state } = cluster;
    const before = cluster.model;
    this.#release(cluster);
    const grown = growSnapshot({ ...before, parameters, state }, { heads, seed: streams.seed });
    const model = await createModelFromSnapshot(grown);
    await cluster.replaceModel({ ...grown, outputSize: countOutputs(model) });
    this.#ownModel?.dispose();
    this.#model = model;
    this.#ownModel = model;
    this.#weights = new TrainedWeights(model);
    this.#heads = heads;
    return createModelGrowth(before, grown);
  }

  /** Lets the units of these classes count: their heads stop masking them. The heads must be wide enough. */
  activateUnits(classes: ClassesByTask): void {
    const { model, state } = this.cluster;
    for (const head of this.#heads) {
      const active = viewEntry(state, findEntry(model.stateLayout, `${head.layer}/active`));
      for (const unit of listUnits(head, classes)) active[unit] = 1;
    }
  }

  /** Brings what somebody assigned to the model's weights to the replicas. */
  takeAssignedWeights(): void {
    if (this.#cluster) this.#weights?.take(this.#cluster);
  }

  /** The LayersModel's weights are the trained values from now on, copied when somebody looks at them. */
  writeBack(): void {
    if (this.#cluster) this.#weights?.show(this.#cluster);
  }

  /** Outputs [B, C] of any samples with any parameters. */
  async forwardWith(samples: Dataset, options: SideComputation): Promise<HostTensor> {
    return this.cluster.forward(this.#request(samples, options));
  }

  /**
   * A criterion's mean loss (the strategy's own criterion unless given) over any samples with any parameters, and its
   * gradient [P], borrowed until the next call.
   */
  async lossAndGradientOn(samples: Dataset, own: Criterion, options: SideComputation): Promise<SideGradient> {
    const { cluster } = this;
    const request = { ...this.#request(samples, options), scratch: true };
    const loss = await computeGradient(cluster, request, { criterion: options.criterion ?? own });
    return { loss, gradient: cluster.scratchGradient };
  }

  /**
   * The mean over any samples of a measure of the gradient [P] of each sample's own loss; borrowed until the next call.
   * The criterion must be a mean over its samples.
   * @throws {RangeError} If there is no such measure.
   */
  async rowGradientsOn(
    samples: Dataset,
    own: Criterion,
    { measure, ...options }: RowGradientComputation,
  ): Promise<Float32Array> {
    if (!ROW_MEASURES.includes(measure)) {
      throw new RangeRefusal(`rowGradientsOn: ${describeUnknownName("measure", String(measure), ROW_MEASURES)}`);
    }
    const { cluster } = this;
    const { criterion = own } = options;
    const request = { ...this.#request(samples, options), scratch: true };
    const output = await cluster.forward(request);
    const { dOutput } = await criterion.evaluate(output, samples.targets);
    // The mean's gradient holds 1/B of each sample's own.
    scaleVector(dOutput, samples.length);
    await cluster.backward({ ...request, rowMeasure: measure }, dOutput);
    scaleVector(cluster.scratchGradient, 1 / samples.length);
    return cluster.scratchGradient;
  }

  /** Each sample's own gradient [P] of the criterion, which must be a mean over its samples, in order. */
  async visitGradientsOn(
    samples: Dataset,
    criterion: Criterion,
    visit: (gradient: Float32Array) => void,
  ): Promise<void> {
    const { cluster } = this;
    const { logicalShards } = cluster.options;
    const request = { ...this.#request(samples, {}), scratch: true };
    const { dOutput } = await criterion.evaluate(await cluster.forward(request), samples.targets);
    // The mean's gradient holds 1/B of each sample's own.
    scaleVector(dOutput, samples.length);
    const width = dOutput.length / samples.length;
    for (let start = 0; start < samples.length; start += logicalShards) {
      const end = Math.min(start + logicalShards, samples.length);
      const rows = samples.subset(Array.from({ length: end - start }, (_, i) => start + i));
      await cluster.backward({ ...request, samples: rows, perSample: true }, dOutput.slice(start * width, end * width));
      for (let index = 0; index < rows.length; index++) visit(cluster.gradientOfSample(index));
    }
  }

  /** Closes something else together with the replicas. @throws {RefusalError} If they were closed; it is, then, too. */
  closeWith(resource: { close(): Promise<void> }): void {
    this.#resources.push(resource);
    if (!this.#closed) return;
    void this.close();
    throw new RefusalError(CLOSED);
  }

  /** Ends the replicas. May be called more than once. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const resource of this.#resources.splice(0)) await resource.close();
    await this.#cluster?.close();
  }

  async #startCluster(): Promise<Cluster> {
    try {
      const snapshot = flattenWeights(this.model);
      const weights = new TrainedWeights(this.model);
      const outputSize = countOutputs(this.model);
      const training = { optimizer: this.optimizer.begin(), seed: this.#seed };
      const cluster = await Cluster.start({ ...snapshot, outputSize }, this.#options, training);
      if (this.#closed) {
        await cluster.close();
        throw new RefusalError(CLOSED);
      }
      this.#weights = weights;
      this.#heads = listGrowingHeads(snapshot.topology);
      this.#cluster = cluster;
      return cluster;
    } finally {
      this.#starting = undefined;
    }
  }

  /** A wider model takes the place of this one: the one that the user knows keeps its values, and is watched. */
  #release(cluster: Cluster): void {
    if (!this.#weights) return;
    if (this.#ownModel) {
      this.#weights.forget();
      return;
    }
    this.#weights.release(cluster);
    this.#formerWeights.push(this.#weights);
  }

  #request(samples: Dataset, { parameters, training = false }: SideComputation) {
    if (training) this.sideSteps += 1;
    const dropoutStep = FIRST_SIDE_STEP + this.sideSteps;
    const { augmentation } = this;
    return { samples, training, dropoutStep, augmentation, ...(parameters ? { parameters } : {}) };
  }
}
