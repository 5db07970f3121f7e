import { elementAt } from "../../core/element_at.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { EngineSpec } from "../../engine/create_engine.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import type { ReplicaMemory } from "../memory/replica_memory.ts";
import { abandonBarrier, issueCommand } from "../protocol/barrier.ts";
import { Activity, Phase, ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "../protocol/replica_command.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { finishAfterBarrier } from "../replica/after_barrier.ts";
import { ReplicaState } from "../replica/replica_state.ts";
import { bringBackNow } from "./bring_back_now.ts";
import { CommandWatch, type Loss } from "./command_watch.ts";
import type { ReplicaCarrier } from "./replica_carrier.ts";
import type { ReplicaHandle } from "./replica_handle.ts";
import { Restarts } from "./restarts.ts";
import { SilenceWatch, SilentReplicaError } from "./silence_watch.ts";
import { applyAll, type StartedReplica, startFirstReplica, startRemoteReplica } from "./start_remote_replica.ts";

/** How long a replica that has nothing to do may take to close. */
const CLOSE_PATIENCE_MS = 2_000;

/** How the replicas are started, watched and replaced. */
export interface WorkerReplicasOptions
  extends Pick<ResolvedClusterOptions, "silenceTimeoutMs" | "maxRestarts" | "onRestart"> {
  readonly carrier: ReplicaCarrier;
}

/**
 * Replicas in Workers or processes of their own. Every wait is raced against a replica's death, silence and errors, so
 * nothing hangs. A lost replica is replaced as often as `maxRestarts` allows, and its command is repeated, or finished
 * in its place, with the same results to the bit; after that every call fails with the cause of the last loss.
 */
export class WorkerReplicas implements ReplicaGroup {
  readonly engine: string;
  readonly #specs: readonly EngineSpec[];
  readonly #handles: ReplicaHandle[];
  readonly #known: ReplicaState;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #silence: SilenceWatch;
  readonly #watch: CommandWatch;
  readonly #carrier: ReplicaCarrier;
  readonly #restarts: Restarts;
  /** Retired in the middle of a native call, and ended with the others. */
  readonly #abandoned: ReplicaHandle[] = [];
  readonly #endings: Promise<void>[] = [];
  #lost: Error | undefined;
  #closed = false;

  private constructor(
    started: readonly StartedReplica[],
    specs: readonly EngineSpec[],
    memory: ReplicaMemory,
    options: WorkerReplicasOptions & { readonly restarts: Restarts },
  ) {
    this.engine = elementAt(started, 0).engine;
    this.#specs = specs;
    this.#handles = started.map(({ handle }) => handle);
    this.#known = new ReplicaState(memory, memory.sizes.replicas);
    this.#control = memory.control;
    this.#silence = new SilenceWatch(memory.control, {
      timeoutMs: options.silenceTimeoutMs,
      engine: this.engine,
      devices: specs.map(({ device }) => device),
    });
    this.#watch = new CommandWatch(this.#handles, memory.control, this.#silence);
    this.#carrier = options.carrier;
    this.#restarts = options.restarts;
  }

  /**
   * Starts one replica for each engine spec, all at once, each with a handshake.
   * @throws {Error} If a replica cannot load its engine, or dies on the way once too often; the others are ended.
   */
  static async start(
    specs: readonly EngineSpec[],
    memory: ReplicaMemory,
    options: WorkerReplicasOptions,
  ): Promise<WorkerReplicas> {
    const { carrier } = options;
    const restarts = new Restarts(options);
    // Settled, not the first to fail: a Worker must not be ended while it loads native code.
    const endings = await Promise.allSettled(
      specs.map((engine, index) => startFirstReplica({ index, engine, memory }, { carrier, restarts })),
    );
    const started = endings.flatMap((ending) => (ending.status === "fulfilled" ? [ending.value] : []));
    const failed = endings.find((ending) => ending.status === "rejected");
    if (!failed) return new WorkerReplicas(started, specs, memory, { ...options, restarts });
    await Promise.all(started.map(({ handle }) => handle.terminate()));
    await carrier.close();
    throw failed.reason;
  }

  async send(command: ReplicaCommand): Promise<void> {
    this.#assertUsable();
    this.#known.apply(command);
    await this.#sendToWorkers([command]);
  }

  async query(question: ReplicaQuestion): Promise<ReplicaAnswer> {
    this.#assertUsable();
    for (;;) {
      const [first] = this.#handles;
      if (!first) throw new Error("there is no replica to ask");
      try {
        return await first.call(async (remote) => remote.answer(question), "answer");
      } catch (reason) {
        // A replica that refuses is alive.
        if (!first.lost) throw reason;
        const loss = { replica: 0, error: first.lost };
        await this.#retire(loss, Atomics.load(this.#control, Word.sequence));
        await this.#replace(loss);
      }
    }
  }

  async run(): Promise<void> {
    this.#assertUsable();
    let isDone = false;
    while (!isDone) isDone = await this.#runOnce();
  }

  bringBack(groups: number): void {
    if (this.#lost) throw this.#lost;
    bringBackNow(this.#control, groups, this.#silence.callPatienceMs(0));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#silence.stop();
    // Also after a loss: those that live may be inside a call of their engine, which must not be cut off.
    const closings = this.#handles.map((handle, replica) =>
      handle.call((remote) => remote.close(), "close", this.#closingPatienceMs(replica)),
    );
    await Promise.allSettled(closings);
    for (const handle of [...this.#handles, ...this.#abandoned]) this.#endings.push(handle.terminate());
    await Promise.all(this.#endings);
    await this.#carrier.close();
  }

  /** One that has a command may first have to come out of a native call: a Worker is not ended in there. */
  #closingPatienceMs(replica: number): number {
    const finished = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.finished));
    const isAtRest = finished === Atomics.load(this.#control, Word.sequence);
    return this.#lost || isAtRest
      ? CLOSE_PATIENCE_MS
      : Math.max(CLOSE_PATIENCE_MS, this.#silence.callPatienceMs(replica));
  }

  /** @returns False if a replica was lost before anything was done that cannot be done again. */
  async #runOnce(): Promise<boolean> {
    const control = this.#control;
    const phases = elementAt(control, Word.phases);
    const sequence = issueCommand(control, this.#handles.length);
    const losses = new Map<number, Error>();
    let isRepeatable = false;
    for (;;) {
      const loss = await this.#watch.findLoss(sequence, new Set(losses.keys()));
      if (!loss) break;
      losses.set(loss.replica, loss.error);
      await this.#retire(loss, sequence);
      // Only the first loss decides: from then on the barrier is open or abandoned.
      if (losses.size === 1)
        isRepeatable = phases & WITH_BARRIER ? abandonBarrier(control, sequence) : !(phases & CHANGING);
      if (!isRepeatable) this.#assertStopped(loss, sequence);
    }
    if (losses.size === 0) return true;
    if (isRepeatable) this.#renewSlots(losses);
    else for (const index of losses.keys()) this.#finishFor(index, phases, sequence);
    for (const [replica, error] of losses) await this.#replace({ replica, error });
    if (!isRepeatable) return true;
    await this.#sendSlots();
    Atomics.store(control, Word.notFinite, 0);
    Atomics.store(control, Word.overflow, 0);
    return false;
  }

  /**
   * From now on what the replica does counts for nothing. It is ended, unless it is a Worker that may be inside its
   * engine: Bun aborts the whole process when a Worker is ended in a call of onnxruntime.
   */
  async #retire({ replica, error }: Loss, sequence: number): Promise<void> {
    if (this.#restarts.areUsedUp) throw this.#giveUp(error, sequence);
    Atomics.add(this.#control, replicaWord(replica, ReplicaWord.generation), 1);
    const handle = this.#handles[replica];
    const activity = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity));
    if (handle?.endsAtOnce) await handle.terminate();
    else if (handle && error instanceof SilentReplicaError && activity === Activity.computing) {
      handle.abandon();
      this.#abandoned.push(handle);
    } else if (handle) this.#endings.push(handle.terminate());
  }

  /** A thread that only sleeps in the middle of an update may go on with it at any time: that cannot be repaired. */
  #assertStopped({ replica, error }: Loss, sequence: number): void {
    if (this.#handles[replica]?.endsAtOnce) return;
    const activity = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity));
    if (error instanceof SilentReplicaError && activity === Activity.updating) throw this.#giveUp(error, sequence);
  }

  #finishFor(index: number, phases: number, sequence: number): void {
    try {
      finishAfterBarrier({ index, known: this.#known }, phases);
    } catch (error) {
      throw this.#giveUp(error, sequence);
    }
  }

  /** Puts new slots in the place of those that a lost replica's engine may still be writing to. */
  #renewSlots(losses: ReadonlyMap<number, Error>): void {
    const { memory, scratchSlots } = this.#known;
    const first = elementAt(this.#control, Word.firstShard);
    const mayWrite = new Set([...losses.keys()].filter((replica) => !this.#handles[replica]?.endsAtOnce));
    const renew = (slots: Float32Array<SharedArrayBuffer>[], ownFrom: number) => {
      for (const [place, slot] of slots.entries()) {
        if (place < ownFrom || !mayWrite.has((place - ownFrom) % this.#handles.length)) continue;
        slots[place] = createSharedFloat32(slot.length);
      }
    };
    renew(memory.gradientSlots, 0);
    renew(memory.stateSlots, 0);
    // There is one for each shard of every rank.
    renew(scratchSlots, first);
  }

  #sendSlots(): Promise<void> {
    const { memory, scratchSlots } = this.#known;
    const { gradientSlots, stateSlots } = memory;
    return this.#sendToWorkers([
      { kind: "setSlots", gradientSlots, stateSlots },
      { kind: "setScratchSlots", slots: scratchSlots },
    ]);
  }

  async #sendToWorkers(commands: readonly ReplicaCommand[]): Promise<void> {
    const calls = this.#handles.map((handle) => handle.call((remote) => applyAll(remote, commands), "answer"));
    for (const [replica, result] of (await Promise.allSettled(calls)).entries()) {
      if (result.status === "fulfilled") continue;
      const error = this.#handles[replica]?.lost;
      // A replica that refuses is alive.
      if (!error) throw result.reason;
      await this.#retire({ replica, error }, Atomics.load(this.#control, Word.sequence));
      await this.#replace({ replica, error });
    }
  }

  /** Starts another replica in the place of one that was retired, and tells it all that the others know. */
  async #replace(loss: Loss): Promise<void> {
    const { replica } = loss;
    for (let cause: unknown = loss.error; ; ) {
      if (this.#restarts.areUsedUp) throw this.#giveUp(cause, Atomics.load(this.#control, Word.sequence));
      this.#restarts.begin(replica, cause);
      for (const word of [ReplicaWord.activity, ReplicaWord.slowestCallMs]) {
        Atomics.store(this.#control, replicaWord(replica, word), 0);
      }
      try {
        this.#handles[replica] = await this.#startAgain(replica);
        return;
      } catch (thrown) {
        Atomics.add(this.#control, replicaWord(replica, ReplicaWord.generation), 1);
        cause = thrown;
      }
    }
  }

  async #startAgain(index: number): Promise<ReplicaHandle> {
    const { memory, model } = this.#known;
    const spec = this.#specs[index];
    if (!spec) throw new RangeError(`there is no replica ${index}`);
    const engine = model ? { ...spec, model } : spec;
    const generation = Atomics.load(this.#control, replicaWord(index, ReplicaWord.generation));
    const { handle } = await startRemoteReplica({ index, generation, engine, memory }, this.#carrier);
    try {
      await handle.call((remote) => applyAll(remote, this.#known.listCommands()), "answer");
      return handle;
    } catch (error) {
      await handle.terminate();
      throw error;
    }
  }

  /** Lets the other replicas out of their command and remembers why nothing works any more. */
  #giveUp(error: unknown, sequence: number): Error {
    this.#lost ??= error instanceof Error ? error : new Error(String(error));
    abandonBarrier(this.#control, sequence);
    return this.#lost;
  }

  #assertUsable(): void {
    if (this.#lost) throw this.#lost;
    if (this.#closed) throw new RefusalError("the replicas were closed");
  }
}

/** Commands with one of these phases have a barrier. */
const WITH_BARRIER = Phase.reduce | Phase.state;
/** Commands without a barrier that change what they read. */
const CHANGING = Phase.penalties | Phase.update;
