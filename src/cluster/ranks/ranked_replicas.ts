import { elementAt } from "../../core/element_at.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { Hyper, type ReplicaMemory } from "../memory/replica_memory.ts";
import { Timing, viewTimings } from "../memory/step_timings.ts";
import { COMPUTING, Phase, ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "../protocol/replica_command.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { ReplicaState } from "../replica/replica_state.ts";
import { divideShards, listRows, listSums } from "./exchange_plan.ts";
import { FewerRanksError } from "./fewer_ranks_error.ts";
import type { Ranks } from "./ranks.ts";

/**
 * The replicas of this process as a part of those of all ranks. A command becomes two: each rank's replicas compute
 * its shards; what they left is exchanged; then the replicas of every rank make the same update of the same numbers.
 */
export class RankedReplicas implements ReplicaGroup {
  readonly engine: string;
  readonly #group: ReplicaGroup;
  readonly #known: ReplicaState;
  readonly #ranks: Ranks;

  /** @param memory The memory that `group` was started with. */
  constructor(group: ReplicaGroup, memory: ReplicaMemory, ranks: Ranks) {
    this.engine = group.engine;
    this.#group = group;
    this.#known = new ReplicaState(memory, memory.sizes.replicas);
    this.#ranks = ranks;
  }

  async send(command: ReplicaCommand): Promise<void> {
    await this.#group.send(command);
    this.#known.apply(command);
  }

  query(question: ReplicaQuestion): Promise<ReplicaAnswer> {
    return this.#group.query(question);
  }

  async run(): Promise<void> {
    const { control } = this.#known.memory;
    const phases = elementAt(control, Word.phases);
    const isComputing = (phases & COMPUTING) !== 0;
    const isShared = isComputing ? await this.#computeTogether(phases) : this.#ranks.areTogether;
    if (!isShared) {
      if (isComputing) await this.#takeShards(0, elementAt(control, Word.shardCount), phases);
      control[Word.phases] = phases;
      return this.#group.run();
    }
    const left = phases & (Phase.penalties | Phase.update);
    if (!left) return;
    control[Word.phases] = left;
    await this.#keepTimings(() => this.#group.run());
  }

  bringBack(groups: number): void {
    this.#group.bringBack(groups);
  }

  close(): Promise<void> {
    return this.#group.close();
  }

  /**
   * Until all ranks have it: where some are lost, those that are left begin again with what the command began with,
   * which no rank has changed.
   * @returns False if this rank has to do it alone.
   */
  async #computeTogether(phases: number): Promise<boolean> {
    while (this.#ranks.areTogether) {
      try {
        await this.#compute(phases);
        return true;
      } catch (error) {
        if (!(error instanceof FewerRanksError)) throw error;
      }
    }
    return false;
  }

  async #compute(phases: number): Promise<void> {
    const { control } = this.#known.memory;
    const { rank, size } = this.#ranks;
    const owned = divideShards(elementAt(control, Word.shardCount), size);
    await this.#takeShards(elementAt(owned, rank), elementAt(owned, rank + 1), phases);
    control[Word.phases] = phases & COMPUTING;
    await this.#group.run();
    this.#noteCalls();
    const began = performance.now();
    await this.#ranks.exchange(listSums(this.#known, phases, owned), listRows(this.#known, phases, owned));
    this.#addWaiting(performance.now() - began);
    const { memory } = this.#known;
    const areFinite = this.#areRowsFinite(phases);
    control[Word.notFinite] = areFinite ? 0 : 1;
    // The sum of all ranks' gradients, which each of them has.
    const isHalf = elementAt(memory.hyper, Hyper.lossScale) > 0 && (phases & Phase.reduce) !== 0;
    if (isHalf) control[Word.overflow] = elementAt(memory.gradientSlots, 0).every(Number.isFinite) ? 0 : 1;
    // A step whose loss was not finite leaves the state of the step before.
    if (phases & Phase.state && areFinite) memory.state.set(elementAt(memory.stateSlots, 0));
  }

  /** Writes into the control block which shards this process computes, and makes room for what they leave. */
  async #takeShards(first: number, end: number, phases: number): Promise<void> {
    const { control, gradientSlots, stateSlots, sizes } = this.#known.memory;
    control[Word.firstShard] = first;
    control[Word.endShard] = end;
    control[Word.notFinite] = 0;
    control[Word.overflow] = 0;
    const fillsSlots = phases & (Phase.backward | Phase.gradient | Phase.state) && control[Word.scratch] === 0;
    if (!fillsSlots || end - first <= gradientSlots.length) return;
    // There was room for the shards of a rank among more of them. The cluster knows these lists, too.
    while (gradientSlots.length < end - first) {
      gradientSlots.push(createSharedFloat32(sizes.parameters));
      stateSlots.push(createSharedFloat32(sizes.movesState ? sizes.state : 0));
    }
    await this.send({ kind: "setSlots", gradientSlots, stateSlots });
  }

  #noteCalls(): void {
    const { control, sizes } = this.#known.memory;
    for (let replica = 0; replica < sizes.replicas; replica++) {
      this.#ranks.noteCall(Atomics.load(control, replicaWord(replica, ReplicaWord.slowestCallMs)));
    }
  }

  /** Every rank has the rows of all, and so all of them come to the same answer. */
  #areRowsFinite(phases: number): boolean {
    const { batch, memory } = this.#known;
    const rows = elementAt(memory.control, Word.batchSize);
    const areFinite = (values: Float32Array = new Float32Array(0)) => values.subarray(0, rows).every(Number.isFinite);
    const isAnchored = memory.control[Word.anchored] === 1;
    if (phases & Phase.gradient) return areFinite(batch?.losses) && (!isAnchored || areFinite(batch?.anchorLosses));
    const movesState = phases & Phase.forward && phases & Phase.state;
    return !movesState || (batch?.outputs.subarray(0, rows * memory.sizes.outputs).every(Number.isFinite) ?? true);
  }

  /** The second half of a command adds to what the first half took. */
  async #keepTimings(work: () => Promise<void>): Promise<void> {
    const { timings } = this.#known.memory;
    const before = timings.slice();
    await work();
    for (const [i, ms] of before.entries()) timings[i] = elementAt(timings, i) + ms;
  }

  /** The exchange is a wait for the slowest, as the barrier is. */
  #addWaiting(ms: number): void {
    const { timings, sizes } = this.#known.memory;
    for (let replica = 0; replica < sizes.replicas; replica++) {
      const own = viewTimings(timings, replica);
      own[Timing.barrierMs] = elementAt(own, Timing.barrierMs) + ms;
    }
  }
}
