import { wrap } from "comlink";
import { deserializeError } from "../core/error_data.ts";
import { cannot } from "../core/errors.ts";
import type { EngineSpec } from "../engine/create_engine.ts";
import { Word } from "./control_block.ts";
import type { ReplicaControl } from "./replica.ts";
import type { ReplicaGroup } from "./replica_group.ts";
import type { ReplicaMemory } from "./replica_memory.ts";
import type { RemoteReplica, ReplicaSetup } from "./replica_setup.ts";
import { SilenceWatch } from "./silence_watch.ts";
import { WorkerHandle } from "./worker_handle.ts";

const CLOSE_PATIENCE_MS = 2_000;

/**
 * Replicas in Worker threads of their own. Every wait is raced against a replica's death, its silence and its errors, so
 * nothing hangs; once a replica is lost, every later call fails with the same cause.
 */
export class WorkerReplicas implements ReplicaGroup {
  readonly engine: string;
  readonly #handles: readonly WorkerHandle<RemoteReplica>[];
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #watch: SilenceWatch;
  #lost: Error | undefined;
  #closed = false;

  private constructor(
    engine: string,
    handles: readonly WorkerHandle<RemoteReplica>[],
    watch: SilenceWatch,
    memory: ReplicaMemory,
  ) {
    this.engine = engine;
    this.#handles = handles;
    this.#control = memory.control;
    this.#watch = watch;
  }

  /**
   * Starts one Worker for each engine spec, one after another, each with a handshake.
   * @throws {Error} If a replica cannot load its engine or dies on the way; those already started are ended.
   */
  static async start(
    engines: readonly EngineSpec[],
    memory: ReplicaMemory,
    options: { readonly silenceTimeoutMs: number; readonly workerEntry: URL },
  ): Promise<WorkerReplicas> {
    const handles: WorkerHandle<RemoteReplica>[] = [];
    try {
      let name = "";
      for (const [index, engine] of engines.entries()) {
        const handle = new WorkerHandle<RemoteReplica>(options.workerEntry, `replica ${index}`, (port) =>
          wrap<RemoteReplica>(port),
        );
        handles.push(handle);
        const setup: ReplicaSetup = { index, engine, memory };
        const answer = await handle.call((remote) => remote.init(setup), "load its engine");
        if (answer.error) throw deserializeError(answer.error);
        name = answer.engine;
      }
      return new WorkerReplicas(
        name,
        handles,
        new SilenceWatch(memory.control, { timeoutMs: options.silenceTimeoutMs, engine: name }),
        memory,
      );
    } catch (error) {
      for (const handle of handles) handle.terminate();
      throw error;
    }
  }

  async tell(message: (replica: ReplicaControl) => void | Promise<void>): Promise<void> {
    this.#assertUsable();
    await Promise.all(this.#handles.map((handle) => handle.call(async (remote) => message(remote), "answer")));
  }

  async run(): Promise<void> {
    this.#assertUsable();
    const control = this.#control;
    Atomics.store(control, Word.done, 0);
    Atomics.store(control, Word.failed, 0);
    Atomics.add(control, Word.sequence, 1);
    Atomics.notify(control, Word.sequence);
    try {
      await this.#waitUntilDone();
    } catch (error) {
      throw this.#giveUp(error);
    }
    if (Atomics.load(control, Word.failed) !== 0) throw this.#giveUp(await this.#takeFailure());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.stop();
    if (!this.#lost) {
      const closings = this.#handles.map((handle) =>
        handle.call((remote) => remote.close(), "close", CLOSE_PATIENCE_MS),
      );
      await Promise.allSettled(closings);
    }
    for (const handle of this.#handles) handle.terminate();
  }

  /** Resolves when all replicas are done or one has failed; rejects when one dies or falls silent. */
  async #waitUntilDone(): Promise<void> {
    const wait = this.#handles.reduce(
      (inner, handle) => () => handle.guard(inner),
      () => this.#watch.guard(() => this.#followDone()),
    );
    await wait();
  }

  async #followDone(): Promise<void> {
    const control = this.#control;
    while (!this.#lost) {
      const done = Atomics.load(control, Word.done);
      if (done === this.#handles.length || Atomics.load(control, Word.failed) !== 0) return;
      const waiting = Atomics.waitAsync(control, Word.done, done);
      if (waiting.async) await waiting.value;
    }
  }

  async #takeFailure(): Promise<Error> {
    const index = Atomics.load(this.#control, Word.failed) - 1;
    const handle = this.#handles[index];
    const failure = await handle?.call((remote) => remote.takeFailure(), "tell its error", CLOSE_PATIENCE_MS);
    const cause = failure ? deserializeError(failure) : new Error("no cause was told");
    return new Error(`Cannot finish the step: replica ${index} failed: ${cause.message}`, { cause });
  }

  /** Lets the other replicas out of their barrier and remembers why nothing works any more. */
  #giveUp(error: unknown): Error {
    this.#lost ??= error instanceof Error ? error : new Error(String(error));
    Atomics.store(this.#control, Word.abort, 1);
    Atomics.notify(this.#control, Word.barrierOpenings);
    return this.#lost;
  }

  #assertUsable(): void {
    if (this.#lost) throw this.#lost;
    if (this.#closed) throw new Error(cannot("use the replicas", "an open cluster", "one that was closed"));
  }
}
