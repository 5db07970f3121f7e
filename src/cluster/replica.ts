import type { DataSource } from "../data/data_source.ts";
import { createEngine, type EngineSpec } from "../engine/create_engine.ts";
import type { Engine, ModelVectors } from "../engine/engine.ts";
import type { ModelTopology } from "../engine/model_topology.ts";
import { sumRowGradients } from "../engine/row_gradients.ts";
import type { OptimizerSpec } from "../optimizers/optimizer.ts";
import { stepOptimizer } from "../optimizers/step_optimizer.ts";
import { waitAtBarrier } from "./barrier.ts";
import { Activity, Phase, ReplicaWord, ROW_MEASURES, replicaWord, Word } from "./control_block.ts";
import { OBJECTIVE_KINDS } from "./objective_writer.ts";
import { addPenaltyGradient, type QuadraticPenalty } from "./penalty.ts";
import { averageSlots, reduceSlots } from "./reduce_slots.ts";
import { type BatchMemory, CHUNK_SIZE, Hyper, type ReplicaMemory } from "./replica_memory.ts";
import type { ReplicaSetup } from "./replica_setup.ts";
import { ShardBuffers } from "./shard_buffers.ts";
import { locateShard, locateSlice } from "./shards.ts";
import { Timing, viewTimings } from "./step_timings.ts";

/** What the coordinator may tell a replica between commands; the same methods serve a Worker's replica and an inline one. */
export interface ReplicaControl {
  addSources(sources: readonly DataSource[]): void | Promise<void>;
  attachBatch(batch: BatchMemory): void | Promise<void>;
  /** Gives alternate parameter vector `id` (from 1) to the replica. */
  attachVector(id: number, vector: Float32Array<SharedArrayBuffer>): void | Promise<void>;
  attachScratchSlots(slots: readonly Float32Array<SharedArrayBuffer>[]): void | Promise<void>;
  attachPenalties(penalties: readonly Pick<QuadraticPenalty, "a" | "b">[]): void | Promise<void>;
  attachOptimizer(spec: OptimizerSpec, state: readonly Float32Array<SharedArrayBuffer>[]): void | Promise<void>;
  /** Puts another model in place of its own. Data and penalties stay; minibatch memory and other vectors are forgotten. */
  loadModel(topology: ModelTopology, memory: ReplicaMemory): void | Promise<void>;
  close(): void | Promise<void>;
}

/**
 * A server of forward and backward passes: executes the command in the control block on its shards and its slice of the
 * vectors. It owns its engine and its private buffers; everything else is shared memory.
 */
export class Replica implements ReplicaControl {
  readonly #index: number;
  readonly #spec: EngineSpec;
  #engine: Engine;
  #memory: ReplicaMemory;
  readonly #timings: Float64Array;
  readonly #sources = new Map<number, DataSource>();
  readonly #alternates = new Map<number, Float32Array<SharedArrayBuffer>>();
  readonly #shards = new Map<number, ShardBuffers>();
  #batch: BatchMemory | undefined;
  #scratchSlots: readonly Float32Array<SharedArrayBuffer>[] = [];
  #penalties: readonly Pick<QuadraticPenalty, "a" | "b">[] = [];
  #optimizer: OptimizerSpec | undefined;
  #optimizerState: readonly Float32Array<SharedArrayBuffer>[] = [];

  /** `engine` is what `createEngine` made of the setup's. */
  constructor({ index, engine: spec, memory }: ReplicaSetup, engine: Engine) {
    this.#index = index;
    this.#spec = spec;
    this.#engine = engine;
    this.#memory = memory;
    this.#timings = viewTimings(memory.timings, index);
  }

  addSources(sources: readonly DataSource[]): void {
    for (const source of sources) this.#sources.set(source.id, source);
  }

  attachBatch(batch: BatchMemory): void {
    this.#batch = batch;
    this.#shards.clear();
  }

  attachVector(id: number, vector: Float32Array<SharedArrayBuffer>): void {
    this.#alternates.set(id, vector);
  }

  attachScratchSlots(slots: readonly Float32Array<SharedArrayBuffer>[]): void {
    this.#scratchSlots = slots;
  }

  attachPenalties(penalties: readonly Pick<QuadraticPenalty, "a" | "b">[]): void {
    this.#penalties = penalties;
  }

  attachOptimizer(spec: OptimizerSpec, state: readonly Float32Array<SharedArrayBuffer>[]): void {
    this.#optimizer = spec;
    this.#optimizerState = state;
  }

  async loadModel(topology: ModelTopology, memory: ReplicaMemory): Promise<void> {
    const engine = await createEngine({ ...this.#spec, topology });
    await this.#engine.close();
    this.#engine = engine;
    this.#memory = memory;
    this.#batch = undefined;
    this.#shards.clear();
    this.#alternates.clear();
    this.#scratchSlots = [];
    this.#optimizerState = memory.optimizer;
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  /** Does its part of the command that stands in the control block. */
  async execute(): Promise<void> {
    const { control, sizes } = this.#memory;
    const phases = control[Word.phases] ?? 0;
    this.#timings.fill(0);
    if (phases & (Phase.forward | Phase.backward | Phase.gradient)) {
      const shardCount = control[Word.shardCount] ?? 1;
      for (let shard = this.#index; shard < shardCount; shard += sizes.replicas)
        await this.#computeShard(shard, phases);
    }
    if (phases & (Phase.reduce | Phase.state)) {
      this.#show(Activity.barrier);
      const began = performance.now();
      if (!waitAtBarrier(control, sizes.replicas, this.#index)) return;
      this.#addTime(Timing.barrierMs, began);
      if (phases & Phase.state) this.#reduceState();
    }
    if (phases & (Phase.reduce | Phase.update)) {
      this.#show(Activity.updating);
      const began = performance.now();
      this.#reduceAndUpdate(phases);
      this.#addTime(Timing.updateMs, began);
    }
    this.#show(Activity.waiting);
  }

  async #computeShard(shard: number, phases: number): Promise<void> {
    const batch = this.#batch;
    if (!batch) throw new Error("Cannot compute a shard: no minibatch memory was attached");
    const { control, gradientSlots, stateSlots, state } = this.#memory;
    const training = control[Word.training] === 1;
    const size = control[Word.batchSize] ?? 0;
    const range = locateShard(size, shard, control[Word.shardCount] ?? 1);
    const buffers = this.#buffersOf(shard, range.end - range.start);

    this.#show(Activity.gathering);
    const arrived = performance.now();
    buffers.gather(this.#sources, batch, { ...range, batchId: control[Word.batchId] ?? 0 });
    const stateSlot = stateSlots[shard] ?? state;
    if (state.length > 0) stateSlot.set(state);
    const vectors: ModelVectors = { parameters: this.#parameters(), state: stateSlot };
    const dropoutKey = { seed: control[Word.seed] ?? 0, step: control[Word.dropoutStep] ?? 0, shard };
    const input = buffers.createInput(training ? "train" : "eval", dropoutKey);
    const slots = control[Word.scratch] === 1 ? this.#scratchSlots : gradientSlots;
    const gradient = slots[shard];
    if (!gradient) throw new Error(`Cannot compute shard ${shard}: there are ${slots.length} gradient slots`);

    this.#show(Activity.computing);
    this.#addTime(Timing.gatherMs, arrived);
    const began = performance.now();
    if (phases & Phase.forward) await this.#engine.forward(vectors, input, buffers.outputs);
    if (phases & Phase.backward) {
      buffers.readOutputGradient(batch, range);
      const { dOutputs } = buffers;
      const measure = ROW_MEASURES[(control[Word.rowMeasure] ?? 0) - 1];
      if (measure) await sumRowGradients(this.#engine, { vectors, input, dOutputs, measure, gradient });
      else await this.#engine.backward(vectors, input, dOutputs, gradient);
    }
    if (phases & Phase.gradient) {
      const kind = OBJECTIVE_KINDS[control[Word.objective] ?? 0] ?? "cross-entropy";
      const objective = buffers.readObjective({ kind, hasClassMask: control[Word.classMask] === 1 }, batch, range);
      await this.#engine.gradient(vectors, input, objective, { ...buffers.results, gradient });
      if (!buffers.areLossesFinite()) Atomics.store(control, Word.notFinite, 1);
    }
    this.#recordCall(this.#addTime(Timing.engineMs, began));
    if (phases & (Phase.forward | Phase.gradient)) buffers.writeResults(batch, range);
  }

  /** Reduction, penalties and optimizer on this replica's slice, chunk by chunk so that the vectors stay in the cache. */
  #reduceAndUpdate(phases: number): void {
    const { control, hyper, sizes, gradientSlots, parameters, penaltySums } = this.#memory;
    const slots = control[Word.scratch] === 1 ? this.#scratchSlots : gradientSlots;
    const gradient = slots[0];
    if (!gradient) throw new Error("Cannot reduce gradients: there is no gradient slot");
    const mayUpdate = phases & Phase.update && control[Word.notFinite] === 0;
    const own = locateSlice(sizes.parameters, CHUNK_SIZE, { replica: this.#index, replicas: sizes.replicas });
    for (let start = own.start; start < own.end; start += CHUNK_SIZE) {
      const end = Math.min(start + CHUNK_SIZE, own.end);
      if (phases & Phase.reduce) reduceSlots(slots, control[Word.shardCount] ?? 1, { start, end });
      if (phases & Phase.penalties) {
        let value = 0;
        for (const [i, penalty] of this.#penalties.entries()) {
          const scale = hyper[Hyper.firstPenaltyScale + i] ?? 0;
          value += scale * addPenaltyGradient(penalty, { parameters, gradient }, { start, end, scale });
        }
        penaltySums[start / CHUNK_SIZE] = value;
      }
      if (mayUpdate && this.#optimizer) {
        const step = { start, end, learningRate: hyper[Hyper.learningRate] ?? 0, count: control[Word.stepCount] ?? 1 };
        stepOptimizer(this.#optimizer, { parameters, gradient, state: this.#optimizerState }, step);
      }
    }
  }

  /**
   * Layer state after a training pass is the mean of what the shards left, weighted by their sizes. One replica writes it;
   * a step whose loss was not finite leaves the state of the step before.
   */
  #reduceState(): void {
    const { control, state, stateSlots } = this.#memory;
    if (this.#index !== 0 || control[Word.notFinite] === 1) return;
    const shardCount = control[Word.shardCount] ?? 1;
    const sizes = Array.from({ length: shardCount }, (_, shard) => {
      const { start, end } = locateShard(control[Word.batchSize] ?? 0, shard, shardCount);
      return end - start;
    });
    averageSlots(stateSlots, sizes, state);
  }

  #parameters(): Float32Array {
    const id = this.#memory.control[Word.vector] ?? 0;
    if (id === 0) return this.#memory.parameters;
    const vector = this.#alternates.get(id);
    if (!vector) throw new Error(`Cannot compute with parameter vector ${id}: it was not attached`);
    return vector;
  }

  #buffersOf(shard: number, rows: number): ShardBuffers {
    let buffers = this.#shards.get(shard);
    if (!buffers || buffers.rows !== rows) {
      buffers = new ShardBuffers(rows, this.#engine.outputSize);
      this.#shards.set(shard, buffers);
    }
    return buffers;
  }

  #show(activity: number): void {
    const { control } = this.#memory;
    Atomics.store(control, replicaWord(this.#index, ReplicaWord.activity), activity);
    Atomics.add(control, replicaWord(this.#index, ReplicaWord.heartbeat), 1);
  }

  /** Adds the time since `began` to one of this command's figures, and returns it. */
  #addTime(place: (typeof Timing)[keyof typeof Timing], began: number): number {
    const elapsedMs = performance.now() - began;
    this.#timings[place] = (this.#timings[place] ?? 0) + elapsedMs;
    return elapsedMs;
  }

  #recordCall(elapsedMs: number): void {
    const word = replicaWord(this.#index, ReplicaWord.slowestCallMs);
    const { control } = this.#memory;
    if (elapsedMs > (control[word] ?? 0)) Atomics.store(control, word, Math.ceil(elapsedMs));
  }
}
