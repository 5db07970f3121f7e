import { type Remote, wrap } from "comlink";
import { resolveModule } from "../../core/package_module.ts";
import { WorkerHandle } from "../supervision/worker_handle.ts";
import { keepAlive } from "./keep_alive.ts";
import type { RemoteBridge, WatchedWord } from "./remote_bridge.ts";

const ENTRY = resolveModule("../../../workers/bell_bridge.ts", import.meta.url);

/**
 * Lets this process wait for a word without blocking: a Worker waits for it in the system, where other processes wake
 * it, and wakes those who wait here.
 */
export class BellBridge {
  readonly #handle: WorkerHandle<RemoteBridge>;
  readonly #stop: Int32Array;
  readonly #following: Promise<void>;

  private constructor(handle: WorkerHandle<RemoteBridge>, stop: Int32Array, following: Promise<void>) {
    this.#handle = handle;
    this.#stop = stop;
    this.#following = following;
  }

  /** @throws {Error} If its Worker cannot be started. */
  static async start(word: Omit<WatchedWord, "stop">): Promise<BellBridge> {
    const remotes: Remote<RemoteBridge>[] = [];
    const connect = (worker: Worker) => {
      const remote = wrap<RemoteBridge>(worker);
      remotes.push(remote);
      return remote;
    };
    const handle = new WorkerHandle<RemoteBridge>(ENTRY, "the bridge of a bell", connect);
    await handle.call((remote) => remote.prepare(), "start");
    const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const following = handle.guard(async () => {
      await Promise.all(remotes.map((remote) => remote.follow({ ...word, stop })));
    });
    // Whoever closes it waits for its end; how it ends makes no difference then.
    following.catch(() => {});
    return new BellBridge(handle, stop, following);
  }

  /** Ends the Worker once it has come out of its wait. */
  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    await keepAlive(this.#following.catch(() => {}));
    await this.#handle.terminate();
  }
}
