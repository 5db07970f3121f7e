import { elementAt } from "../../core/element_at.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { awaitSamples } from "../../data/store/await_samples.ts";
import { createEngine, type EngineSpec } from "../../engine/create_engine.ts";
import type { FlatVector } from "../../engine/device/device_vector.ts";
import type { Engine, EngineVectors } from "../../engine/engine.ts";
import { sumRowGradients } from "../../engine/row_gradients.ts";
import { Hyper } from "../memory/replica_memory.ts";
import { locateShard } from "../memory/shards.ts";
import { Timing, viewTimings } from "../memory/step_timings.ts";
import { waitAtBarrier } from "../protocol/barrier.ts";
import {
  Activity,
  COMPUTING,
  isTrainingStep,
  Phase,
  ReplicaWord,
  ROW_MEASURES,
  readMixing,
  replicaWord,
  Word,
} from "../protocol/control_block.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "../protocol/replica_command.ts";
import type { ReplicaSetup } from "../protocol/replica_setup.ts";
import { ResidentGroup } from "../resident/resident_group.ts";
import type { ResidentVectors } from "../resident/resident_vectors.ts";
import { workAfterBarrier } from "./after_barrier.ts";
import { answerQuestion } from "./answer_question.ts";
import { CallClock } from "./call_clock.ts";
import { findAnchor } from "./find_anchor.ts";
import { ReplicaState } from "./replica_state.ts";
import { ShardBuffers } from "./shard_buffers.ts";

/** Phases that want the values of samples, whatever is known of them. */
const VALUES = Phase.activations | Phase.inputGradients | Phase.rowFactors;

/**
 * A server of forward and backward passes: executes the command in the control block on its shards and its slice of the
 * vectors. It owns its engine and its private buffers; everything else is shared memory.
 */
export class Replica {
  readonly #index: number;
  readonly #generation: number;
  readonly #spec: EngineSpec;
  #engine: Engine;
  readonly #known: ReplicaState;
  readonly #timings: Float64Array;
  readonly #clock: CallClock;
  readonly #shards = new Map<number, ShardBuffers>();
  /** Where the vectors stay on the device. */
  #resident: ResidentVectors | undefined;

  private constructor({ index, generation, engine: spec, memory }: ReplicaSetup, engine: Engine) {
    this.#index = index;
    this.#generation = generation;
    this.#spec = spec;
    this.#engine = engine;
    this.#known = new ReplicaState(memory, index);
    this.#timings = viewTimings(memory.timings, index);
    this.#clock = new CallClock(memory.control, index);
  }

  /** A replica whose engine is what `createEngine` made of the setup's. */
  static async start(setup: ReplicaSetup, engine: Engine): Promise<Replica> {
    const replica = new Replica(setup, engine);
    replica.#resident = await replica.#createResident();
    return replica;
  }

  /** Takes a command in; loads an engine where it brings another model. */
  async apply(command: ReplicaCommand): Promise<void> {
    if (command.kind === "loadModel") {
      const engine = await createEngine({ ...this.#spec, model: command.model });
      this.#resident?.release();
      await this.#engine.close();
      this.#engine = engine;
    }
    if (command.kind === "setFeatures") this.#engine.useFeatures?.(command.features);
    if (command.kind === "addGraph") this.#engine.addGraph?.(command.name, command.file);
    if (command.kind === "forgetWeights") await this.#engine.forgetWeights?.();
    this.#known.apply(command);
    if (command.kind === "loadModel") this.#resident = await this.#createResident();
    if (command.kind === "setPenalties") this.#resident?.miss(ResidentGroup.penalties);
    if (command.kind === "setOptimizer") {
      this.#resident?.changeOptimizer();
      if (command.room) this.#resident?.miss(ResidentGroup.optimizer);
    }
    if (command.kind === "loadModel" || command.kind === "setBatch") this.#shards.clear();
  }

  /** Answers a question about the model. */
  answer(question: ReplicaQuestion): Promise<ReplicaAnswer> {
    return answerQuestion(this.#engine, question);
  }

  /** Brings groups of vectors from the device to shared memory, at once. */
  bringBack(groups: number): void {
    this.#resident?.bringBack(groups);
  }

  async close(): Promise<void> {
    this.#resident?.release();
    this.#resident = undefined;
    await this.#engine.close();
  }

  /** False once another replica has taken its place: then it must not write to anything that is shared. */
  get isCurrent(): boolean {
    const { control } = this.#known.memory;
    return Atomics.load(control, replicaWord(this.#index, ReplicaWord.generation)) === this.#generation;
  }

  /**
   * Does its part of the command that stands in the control block.
   * @param sequence The command's number.
   */
  async execute(sequence: number): Promise<void> {
    const { control, sizes } = this.#known.memory;
    const phases = elementAt(control, Word.phases);
    if (phases & Phase.bringBack) {
      this.bringBack(elementAt(control, Word.wanted));
      return;
    }
    this.#timings.fill(0);
    this.#resident?.receive(phases);
    if (phases & COMPUTING) {
      const first = elementAt(control, Word.firstShard) + this.#index;
      const end = elementAt(control, Word.endShard);
      for (let shard = first; shard < end && this.isCurrent; shard += sizes.replicas)
        await this.#computeShard(shard, phases);
    }
    if (!this.isCurrent) return;
    if (phases & (Phase.reduce | Phase.state)) {
      this.#show(Activity.barrier);
      const began = performance.now();
      if (!waitAtBarrier(control, { sequence, replicas: sizes.replicas, index: this.#index })) return;
      this.#addTime(Timing.barrierMs, began);
      if (!this.isCurrent) return;
    }
    if (phases & (Phase.reduce | Phase.penalties | Phase.update | Phase.state)) {
      this.#show(Activity.updating);
      const began = performance.now();
      this.#workAfterBarrier(phases);
      this.#addTime(Timing.updateMs, began);
    }
    this.#show(Activity.waiting);
  }

  #workAfterBarrier(phases: number): void {
    const part = { index: this.#index, known: this.#known, isRetired: () => !this.isCurrent };
    if (!this.#resident || this.#isScratch) {
      workAfterBarrier(part, phases);
      return;
    }
    workAfterBarrier(part, phases & Phase.state);
    this.#resident.update(phases);
  }

  /** Replicas on the processor load none of what vectors on a device need. */
  async #createResident(): Promise<ResidentVectors | undefined> {
    const { computer, layout } = this.#engine;
    if (!this.#spec.keepsVectors || !computer) return undefined;
    const { ResidentVectors } = await import("../resident/resident_vectors.ts");
    return new ResidentVectors(computer, layout, this.#known);
  }

  get #isScratch(): boolean {
    return this.#known.memory.control[Word.scratch] === 1;
  }

  async #computeShard(shard: number, phases: number): Promise<void> {
    const { activations, rowFactors, batch, memory, sources } = this.#known;
    if (!batch) throw new Error("the replica was given no minibatch memory");
    const { control, stateSlots, state } = memory;
    const training = control[Word.training] === 1;
    const size = elementAt(control, Word.batchSize);
    const range = locateShard(size, shard, elementAt(control, Word.shardCount));
    const buffers = this.#buffersOf(shard, range.end - range.start);

    this.#show(Activity.gathering);
    const arrived = performance.now();
    const augmentation = { seed: elementAt(control, Word.seed), step: elementAt(control, Word.augmentation) };
    const place = { ...range, batchId: elementAt(control, Word.batchId), augmentation, ...readMixing(control) };
    buffers.identify(sources, batch, place);
    const needsValues = phases & VALUES || control[Word.anchored] === 1;
    if (needsValues || !buffers.samples || !this.#engine.knowsFeatures?.(buffers.samples)) {
      const arriving = awaitSamples(sources, batch, range);
      if (arriving) await arriving;
      buffers.gather(sources, batch, place);
    }
    const slot = stateSlots[shard - elementAt(control, Word.firstShard)];
    // What no step changes is read where it is.
    const stateSlot = slot && slot.length > 0 ? slot : state;
    if (stateSlot !== state) stateSlot.set(state);
    const vectors: EngineVectors = { parameters: this.#parameters(), state: stateSlot };
    const dropoutKey = { seed: elementAt(control, Word.seed), step: elementAt(control, Word.dropoutStep), shard };
    const lossScale = elementAt(memory.hyper, Hyper.lossScale);
    const half = lossScale > 0 ? { lossScale, hasOverflowed: false } : undefined;
    const input = buffers.createInput(training ? "train" : "eval", {
      dropoutKey,
      weightsNumber: elementAt(control, Word.weightsNumber),
      half,
      held: isTrainingStep(control) ? this.#known.held : [],
    });

    this.#show(Activity.computing);
    this.#addTime(Timing.gatherMs, arrived);
    this.#clock.begin(phases & COMPUTING, range.end - range.start);
    const began = performance.now();
    if (phases & Phase.forward) {
      await this.#engine.forward(vectors, input, buffers.outputs);
      // A split step knows no losses yet, but its forward half moves the layers' state.
      if (phases & Phase.state && !buffers.areOutputsFinite()) this.#reportNotFinite();
    }
    // Into an array of its own: an abandoned engine may still write.
    const layer = phases & Phase.activations && activations ? buffers.activationsOf(activations.width) : undefined;
    if (layer && activations) await this.#engine.activations?.(vectors, input, activations.layerName, layer);
    const dSamples = phases & Phase.inputGradients ? buffers.dSamples : undefined;
    if (dSamples) {
      buffers.readOutputGradient(batch, range);
      await this.#engine.inputGradients?.(vectors, input, buffers.dOutputs, dSamples);
    }
    const factors = phases & Phase.rowFactors && rowFactors ? buffers.rowFactorsOf(rowFactors.width) : undefined;
    if (factors) {
      buffers.readOutputGradient(batch, range);
      await this.#engine.rowFactors?.(vectors, input, buffers.dOutputs, factors);
    }
    if (phases & Phase.backward) {
      buffers.readOutputGradient(batch, range);
      const { dOutputs } = buffers;
      const measure = ROW_MEASURES[elementAt(control, Word.rowMeasure) - 1];
      const call = { vectors, input, dOutputs };
      if (measure) await sumRowGradients(this.#engine, { ...call, measure, gradient: this.#slotInMemory(shard) });
      else await this.#engine.backward(vectors, input, dOutputs, this.#slotOf(shard));
    }
    if (phases & Phase.gradient) {
      const anchor = await findAnchor(this.#engine, input, { known: this.#known, buffers });
      const objective = { ...buffers.readObjective(control, batch, range), ...(anchor ? { anchor } : {}) };
      await this.#engine.gradient(vectors, input, objective, { ...buffers.results, gradient: this.#slotOf(shard) });
      if (!buffers.areLossesFinite(control)) this.#reportNotFinite();
    }
    // The engine may have taken so long that another replica computes this by now.
    if (!this.isCurrent) return;
    if (half?.hasOverflowed) Atomics.store(control, Word.overflow, 1);
    this.#clock.end(this.#addTime(Timing.engineMs, began));
    if (phases & (Phase.forward | Phase.gradient)) buffers.writeResults(control, batch, range);
    if (layer && activations) activations.values.set(layer, range.start * activations.width);
    if (factors && rowFactors) rowFactors.values.set(factors, range.start * rowFactors.width);
    if (dSamples) this.#known.inputGradients?.set(dSamples, (range.start * dSamples.length) / buffers.rows);
  }

  /** Where a shard's gradient goes. */
  #slotOf(shard: number): FlatVector {
    return this.#resident && !this.#isScratch ? this.#resident.slotOf(shard) : this.#slotInMemory(shard);
  }

  /** Of several ranks, each has training slots for its own shards alone. */
  #slotInMemory(shard: number): Float32Array<SharedArrayBuffer> {
    const { memory, scratchSlots } = this.#known;
    const { control, gradientSlots } = memory;
    const slot = this.#isScratch ? scratchSlots[shard] : gradientSlots[shard - elementAt(control, Word.firstShard)];
    if (!slot) throw new Error(`Cannot compute shard ${shard}: it has no gradient slot`);
    return slot;
  }

  #reportNotFinite(): void {
    if (this.isCurrent) Atomics.store(this.#known.memory.control, Word.notFinite, 1);
  }

  #parameters(): FlatVector {
    const { memory, vectors } = this.#known;
    const id = elementAt(memory.control, Word.vector);
    if (id === 0) return this.#resident?.parameters ?? memory.parameters;
    const vector = vectors.get(id);
    if (!vector) throw new Error(`Cannot compute with parameter vector ${id}: it was not attached`);
    return vector;
  }

  #buffersOf(shard: number, rows: number): ShardBuffers {
    const buffers = findOrCreate(this.#shards, shard, () => new ShardBuffers(this.#engine.outputSize));
    buffers.resize(rows);
    return buffers;
  }

  #show(activity: number): void {
    const { control } = this.#known.memory;
    Atomics.store(control, replicaWord(this.#index, ReplicaWord.activity), activity);
    Atomics.add(control, replicaWord(this.#index, ReplicaWord.heartbeat), 1);
  }

  /** Adds the time since `began` to one of this command's figures, and returns it. */
  #addTime(place: (typeof Timing)[keyof typeof Timing], began: number): number {
    const elapsedMs = performance.now() - began;
    this.#timings[place] = (this.#timings[place] ?? 0) + elapsedMs;
    return elapsedMs;
  }
}
