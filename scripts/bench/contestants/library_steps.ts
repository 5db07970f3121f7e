import { Cluster } from "../../../src/cluster/cluster.ts";
import { type ClusterOptions, resolveClusterOptions } from "../../../src/cluster/cluster_options.ts";
import type { ReplicaTimings } from "../../../src/cluster/memory/step_timings.ts";
import { RangeRefusal } from "../../../src/core/errors/errors.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import type { DeviceTraffic } from "../../../src/engine/device/device_memory.ts";
import { countOutputs } from "../../../src/engine/tfjs/model_layers.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import type { Contestant } from "../interleave.ts";
import type { Workload } from "../suites/workloads.ts";

const LEARNING_RATE = 0.01;

/** Training steps of the library. */
export interface LibraryStepsOptions {
  readonly workload: Pick<Workload, "name" | "createModel" | "loadData">;
  readonly cluster: ClusterOptions;
  /** Samples in the whole minibatch. */
  readonly batchSize: number;
  /** In one measurement. */
  readonly steps: number;
  /** What a measurement gives. Default: milliseconds a step. */
  readonly figure?: "ms" | "examples/s";
  readonly name?: string;
}

/** One step's time and where the replicas' part of it went. */
export interface StepRecord {
  readonly wallMs: number;
  readonly replicas: readonly ReplicaTimings[];
}

/**
 * Training steps as the training loop takes them: draw a minibatch, one command to the replicas (gather, forward,
 * backward, reduce, momentum SGD), read back outputs and loss. Callbacks and metrics are not part of it.
 */
export class LibrarySteps implements Contestant {
  readonly name: string;
  readonly #options: LibraryStepsOptions;
  readonly #cluster: Cluster;
  readonly #data: Dataset;
  readonly #criterion = new CrossEntropyLoss();
  readonly #random = new RandomStream(0, "bench");
  #step = 0;

  private constructor(options: LibraryStepsOptions, cluster: Cluster, data: Dataset) {
    const { workers } = cluster.options;
    this.name = options.name ?? `Firn, ${cluster.engine}, ${workers} ${workers === 1 ? "worker" : "workers"}`;
    this.#options = options;
    this.#cluster = cluster;
    this.#data = data;
  }

  static async open(options: LibraryStepsOptions): Promise<LibrarySteps> {
    const data = await options.workload.loadData();
    const model = options.workload.createModel();
    const outputSize = countOutputs(model);
    const optimizer = new SGD({ learningRate: LEARNING_RATE, momentum: 0.9 });
    const cluster = await Cluster.start(
      { ...flattenWeights(model), outputSize },
      resolveClusterOptions(options.cluster),
      { optimizer, seed: 0 },
    );
    model.dispose();
    return new LibrarySteps(options, cluster, data);
  }

  async measure(): Promise<number> {
    const { steps, batchSize, figure = "ms" } = this.#options;
    const began = performance.now();
    for (let i = 0; i < steps; i++) await this.#takeStep();
    const msPerStep = (performance.now() - began) / steps;
    return figure === "ms" ? msPerStep : (1000 * batchSize) / msPerStep;
  }

  /** Milliseconds that the outputs of a minibatch take, as evaluation computes them. */
  async measureForward(): Promise<number> {
    const { steps } = this.#options;
    const began = performance.now();
    for (let i = 0; i < steps; i++) {
      await this.#cluster.forward({ samples: this.#drawSamples(), training: false, dropoutStep: 0 });
    }
    return (performance.now() - began) / steps;
  }

  /** The same number of steps, each by itself. */
  async record(): Promise<StepRecord[]> {
    const records: StepRecord[] = [];
    for (let i = 0; i < this.#options.steps; i++) {
      const began = performance.now();
      await this.#takeStep();
      records.push({ wallMs: performance.now() - began, replicas: this.#cluster.readTimings() });
    }
    return records;
  }

  /** What was copied to and from the device, and what is locked for that; undefined where it is the processor. */
  readTraffic(): Promise<DeviceTraffic | undefined> {
    return this.#cluster.resident.readTraffic();
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  async #takeStep(): Promise<void> {
    const { workload } = this.#options;
    const samples = this.#drawSamples();
    const result = await this.#cluster.gradientStep(
      { samples, training: true, dropoutStep: this.#step++ },
      this.#criterion.createObjective(samples.targets, this.#cluster.model.outputSize),
      { penalties: true, update: { learningRate: LEARNING_RATE } },
    );
    if (!result.isFinite) throw new RangeRefusal(`Cannot measure ${workload.name}: its loss is not finite any more`);
  }

  #drawSamples(): Dataset {
    const rows = Array.from({ length: this.#options.batchSize }, () => this.#random.integer(this.#data.length));
    return this.#data.subset(rows);
  }
}
