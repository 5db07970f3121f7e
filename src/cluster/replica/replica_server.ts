import { type ErrorData, serializeError } from "../../core/errors/error_data.ts";
import type { Bell } from "../../core/shared/bell.ts";
import { currentArena } from "../../core/shared/current_arena.ts";
import { createEngine } from "../../engine/create_engine.ts";
import { ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";
import type { ReplicaSetup } from "../protocol/replica_setup.ts";
import { Replica } from "./replica.ts";

const HEARTBEAT_MS = 250;

/** A replica inside a Worker: waits for the control block's sequence number to move, executes, reports, waits again. */
export class ReplicaServer {
  readonly replica: Replica;
  readonly #setup: ReplicaSetup;
  readonly #completions: Bell;
  #failure: ErrorData | undefined;
  #executing: Promise<void> = Promise.resolve();
  #isClosing = false;

  private constructor(setup: ReplicaSetup, replica: Replica) {
    this.#setup = setup;
    this.#completions = currentArena().openBell(setup.memory.control, Word.completions);
    this.replica = replica;
  }

  /** Loads the engine and starts to listen. */
  static async start(setup: ReplicaSetup): Promise<{ server: ReplicaServer; engine: string }> {
    const { control } = setup.memory;
    // What was issued before belongs to whoever was here then.
    const sequence = Atomics.load(control, Word.sequence);
    const engine = await createEngine(setup.engine);
    const server = new ReplicaServer(setup, await Replica.start(setup, engine));
    server.#beat();
    void server.#listen(sequence);
    return { server, engine: engine.name };
  }

  /** The last failure, once. */
  takeFailure(): ErrorData | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /**
   * Finishes the command at hand, then gives the engine back. What follows may be the Worker's end, and Bun aborts the
   * whole process when a Worker is ended inside a call of onnxruntime.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#executing;
    await this.replica.close();
  }

  #beat(): void {
    const { control } = this.#setup.memory;
    const word = replicaWord(this.#setup.index, ReplicaWord.heartbeat);
    const timer = setInterval(() => {
      if (this.replica.isCurrent) Atomics.add(control, word, 1);
      else clearInterval(timer);
    }, HEARTBEAT_MS);
  }

  /** Ends when another replica has taken this one's place, or it is closed. */
  async #listen(sequenceSeen: number): Promise<void> {
    const { control } = this.#setup.memory;
    const bell = currentArena().openBell(control, Word.sequence);
    let seen = sequenceSeen;
    while (this.replica.isCurrent && !this.#isClosing) {
      const ringing = bell.waitAsync(seen);
      if (ringing) await ringing;
      const sequence = Atomics.load(control, Word.sequence);
      if (sequence === seen) continue;
      seen = sequence;
      this.#executing = this.#execute(sequence);
      await this.#executing;
    }
  }

  async #execute(sequence: number): Promise<void> {
    const { index, memory } = this.#setup;
    const { control } = memory;
    try {
      await this.replica.execute(sequence);
    } catch (thrown) {
      this.#failure = serializeError(thrown);
      if (this.replica.isCurrent) Atomics.store(control, replicaWord(index, ReplicaWord.failed), sequence);
    }
    if (!this.replica.isCurrent) return;
    Atomics.store(control, replicaWord(index, ReplicaWord.finished), sequence);
    Atomics.add(control, Word.completions, 1);
    this.#completions.wake();
  }
}
