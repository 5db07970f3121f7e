import { elementAt } from "../../core/element_at.ts";
import { Hyper, type ReplicaMemory } from "../memory/replica_memory.ts";
import { Timing, viewTimings } from "../memory/step_timings.ts";
import { COMPUTING, Phase, Word } from "../protocol/control_block.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "../protocol/replica_command.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { ReplicaState } from "../replica/replica_state.ts";
import { divideShards, listRows, listSums } from "./exchange_plan.ts";
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
    if (!this.#ranks.areTogether) return this.#group.run();
    if (phases & COMPUTING) await this.#compute(phases);
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

  async #compute(phases: number): Promise<void> {
    const { memory } = this.#known;
    const { control } = memory;
    const owned = divideShards(elementAt(control, Word.shardCount), this.#ranks.size);
    control[Word.firstShard] = elementAt(owned, this.#ranks.rank);
    control[Word.endShard] = elementAt(owned, this.#ranks.rank + 1);
    control[Word.phases] = phases & COMPUTING;
    await this.#group.run();
    const began = performance.now();
    await this.#ranks.exchange(listSums(this.#known, phases, owned), listRows(this.#known, phases, owned));
    this.#addWaiting(performance.now() - began);
    const areFinite = this.#areRowsFinite(phases);
    control[Word.notFinite] = areFinite ? 0 : 1;
    // The sum of all ranks' gradients, which each of them has.
    const isHalf = elementAt(memory.hyper, Hyper.lossScale) > 0 && (phases & Phase.reduce) !== 0;
    if (isHalf) control[Word.overflow] = elementAt(memory.gradientSlots, 0).every(Number.isFinite) ? 0 : 1;
    // A step whose loss was not finite leaves the state of the step before.
    if (phases & Phase.state && areFinite) memory.state.set(elementAt(memory.stateSlots, 0));
  }

  /** Every rank has the rows of all, and so all of them come to the same answer. */
  #areRowsFinite(phases: number): boolean {
    const { batch, memory } = this.#known;
    const rows = elementAt(memory.control, Word.batchSize);
    if (phases & Phase.gradient) return batch?.losses.subarray(0, rows).every(Number.isFinite) ?? true;
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
