import type * as tf from "@tensorflow/tfjs";
import { Cluster } from "../cluster/cluster.ts";
import type { ResolvedClusterOptions } from "../cluster/cluster_options.ts";
import { cannot } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { flattenWeights, restoreWeights } from "../models/model_snapshot.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Criterion } from "./criterion.ts";

/** Numbers above every training iteration's, for the dropout masks of computations that plugins ask for. */
const FIRST_SIDE_STEP = 2 ** 30;

/** How a plugin wants a gradient or outputs computed beside the training step. */
export interface SideComputation {
  /** Parameters [P] to use instead of the model's own. */
  readonly parameters?: Float32Array;
  /** True drops units; false if left out. */
  readonly training?: boolean;
  /** What a gradient is taken of; the strategy's criterion if left out. */
  readonly criterion?: Criterion;
}

/** What a side computation of a gradient gives. */
export interface SideGradient {
  readonly loss: number;
  /** [P], borrowed until the next side computation of a gradient. */
  readonly gradient: Float32Array;
}

/** A strategy's model where it computes: starts the cluster when it is first needed and brings trained weights back. */
export class ModelHost {
  readonly model: tf.LayersModel;
  readonly #options: ResolvedClusterOptions;
  readonly #training: { readonly optimizer: Optimizer; readonly seed: number };
  #cluster: Cluster | undefined;
  /** Side computations in training mode so far: each has dropout masks of its own. */
  sideSteps = 0;
  #closed = false;

  constructor(
    model: tf.LayersModel,
    options: ResolvedClusterOptions,
    training: { optimizer: Optimizer; seed: number },
  ) {
    this.model = model;
    this.#options = options;
    this.#training = training;
  }

  /** The running cluster. @throws {Error} Before `start`. */
  get cluster(): Cluster {
    if (!this.#cluster)
      throw new Error(cannot("compute", "a strategy that has begun to train or evaluate", "one that has not"));
    return this.#cluster;
  }

  /** Starts the replicas at the first call. */
  async start(): Promise<Cluster> {
    if (this.#closed) throw new Error(cannot("compute", "an open strategy", "one that was closed"));
    if (!this.#cluster) {
      const snapshot = flattenWeights(this.model);
      const outputSize = this.model.outputs[0]?.shape.at(-1) ?? 0;
      const { optimizer, seed } = this.#training;
      this.#cluster = await Cluster.start({ ...snapshot, outputSize }, this.#options, {
        optimizer: optimizer.spec,
        seed,
      });
    }
    return this.#cluster;
  }

  /** Copies the trained values into the LayersModel. */
  writeBack(): void {
    restoreWeights(this.model, this.cluster);
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
    const { criterion = own } = options;
    const request = { ...this.#request(samples, options), scratch: true };
    const objective = criterion.createObjective?.(samples.targets, cluster.model.outputSize);
    if (objective) {
      const { objective: loss } = await cluster.gradientStep(request, objective);
      return { loss, gradient: cluster.scratchGradient };
    }
    const output = await cluster.forward(request);
    const { loss, dOutput } = await criterion.evaluate(output, samples.targets);
    await cluster.backward(request, dOutput);
    return { loss, gradient: cluster.scratchGradient };
  }

  /** Ends the replicas. May be called more than once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#cluster?.close();
  }

  #request(samples: Dataset, { parameters, training = false }: SideComputation) {
    if (training) this.sideSteps += 1;
    const dropoutStep = FIRST_SIDE_STEP + this.sideSteps;
    return { samples, training, dropoutStep, ...(parameters ? { parameters } : {}) };
  }
}
