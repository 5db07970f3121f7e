import type { DataSource } from "../data/data_source.ts";
import type { EngineModel } from "../engine/create_engine.ts";
import { VectorKernels } from "../kernels/vector_kernels.ts";
import type { OptimizerSpec } from "../optimizers/optimizer_spec.ts";
import type { ActivationMemory } from "./activation_memory.ts";
import type { QuadraticPenalty } from "./penalty.ts";
import type { ReplicaControl } from "./replica_control.ts";
import { type BatchMemory, type ReplicaMemory, reattachMemory, type Slots } from "./replica_memory.ts";

/**
 * What a replica has been told: a replica computes with it, and the coordinator keeps the same, so that a replica that
 * takes a lost one's place can be told all of it. Written to by the methods alone.
 */
export class Attachments implements ReplicaControl {
  memory: ReplicaMemory;
  /** Over the memory's vectors. */
  kernels: VectorKernels;
  /** Of a model that took the place of the one that the replica was started with. */
  model: EngineModel | undefined;
  readonly sources = new Map<number, DataSource>();
  /** Parameter vectors beside the model's own, by their numbers from 1 on. */
  readonly vectors = new Map<number, Float32Array<SharedArrayBuffer>>();
  batch: BatchMemory | undefined;
  scratchSlots: Slots["gradientSlots"] = [];
  penalties: readonly Pick<QuadraticPenalty, "a" | "b">[] = [];
  optimizer: OptimizerSpec | undefined;
  activations: ActivationMemory | undefined;
  inputGradients: Float32Array<SharedArrayBuffer> | undefined;

  readonly #thread: number;

  /** @param thread The replica's number, or the number of replicas for the coordinator. */
  constructor(memory: ReplicaMemory, thread: number) {
    this.#thread = thread;
    this.memory = reattachMemory(memory);
    this.kernels = createKernels(this.memory, thread);
  }

  addSources(sources: readonly DataSource[]): void {
    for (const source of sources) this.sources.set(source.id, source);
  }

  attachBatch(batch: BatchMemory): void {
    this.batch = batch;
  }

  attachVector(id: number, vector: Float32Array<SharedArrayBuffer>): void {
    this.vectors.set(id, vector);
  }

  attachSlots({ gradientSlots, stateSlots }: Slots): void {
    this.memory = { ...this.memory, gradientSlots, stateSlots };
  }

  attachScratchSlots(slots: Slots["gradientSlots"]): void {
    this.scratchSlots = slots;
  }

  attachPenalties(penalties: readonly Pick<QuadraticPenalty, "a" | "b">[]): void {
    this.penalties = penalties;
  }

  attachOptimizer(spec: OptimizerSpec): void {
    this.optimizer = spec;
  }

  attachActivations(memory: ActivationMemory): void {
    this.activations = memory;
  }

  attachInputGradients(values: Float32Array<SharedArrayBuffer>): void {
    this.inputGradients = values;
  }

  loadModel(model: EngineModel, memory: ReplicaMemory): void {
    this.memory = reattachMemory(memory);
    this.kernels = createKernels(this.memory, this.#thread);
    this.model = model;
    this.batch = undefined;
    this.scratchSlots = [];
    this.activations = undefined;
    this.vectors.clear();
  }

  /** There is nothing to free. */
  close(): void {}

  /** Tells all of it to a replica that was started with this memory and model. */
  async replay(replica: ReplicaControl): Promise<void> {
    await replica.addSources([...this.sources.values()]);
    if (this.batch) await replica.attachBatch(this.batch);
    for (const [id, vector] of this.vectors) await replica.attachVector(id, vector);
    await replica.attachScratchSlots(this.scratchSlots);
    await replica.attachPenalties(this.penalties);
    if (this.optimizer) await replica.attachOptimizer(this.optimizer);
    if (this.activations) await replica.attachActivations(this.activations);
    if (this.inputGradients) await replica.attachInputGradients(this.inputGradients);
  }
}

function createKernels({ vectors, pieces }: ReplicaMemory, thread: number): VectorKernels {
  const own = pieces[thread];
  return vectors && own ? new VectorKernels({ memory: vectors, pieces: own }) : new VectorKernels();
}
