import { type ErrorData, serializeError } from "../core/error_data.ts";
import { createEngine } from "../engine/create_engine.ts";
import { ReplicaWord, replicaWord, Word } from "./control_block.ts";
import { Replica } from "./replica.ts";
import type { ReplicaSetup } from "./replica_setup.ts";

const HEARTBEAT_MS = 250;

/** A replica inside a Worker: waits for the control block's sequence number to move, executes, reports, waits again. */
export class ReplicaServer {
  readonly replica: Replica;
  readonly #setup: ReplicaSetup;
  #failure: ErrorData | undefined;

  private constructor(setup: ReplicaSetup, replica: Replica) {
    this.#setup = setup;
    this.replica = replica;
  }

  /** Loads the engine and starts to listen. */
  static async start(setup: ReplicaSetup): Promise<{ server: ReplicaServer; engine: string }> {
    const engine = await createEngine(setup.engine);
    const server = new ReplicaServer(setup, new Replica(setup, engine));
    const { control } = setup.memory;
    const beat = replicaWord(setup.index, ReplicaWord.heartbeat);
    setInterval(() => Atomics.add(control, beat, 1), HEARTBEAT_MS);
    void server.#listen(Atomics.load(control, Word.sequence));
    return { server, engine: engine.name };
  }

  /** The last failure, once. */
  takeFailure(): ErrorData | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #listen(sequenceSeen: number): Promise<never> {
    const { control } = this.#setup.memory;
    let seen = sequenceSeen;
    for (;;) {
      const waiting = Atomics.waitAsync(control, Word.sequence, seen);
      if (waiting.async) await waiting.value;
      const sequence = Atomics.load(control, Word.sequence);
      if (sequence === seen) continue;
      seen = sequence;
      try {
        await this.replica.execute();
      } catch (thrown) {
        this.#failure = serializeError(thrown);
        Atomics.store(control, Word.failed, this.#setup.index + 1);
      }
      Atomics.add(control, Word.done, 1);
      Atomics.notify(control, Word.done);
    }
  }
}
