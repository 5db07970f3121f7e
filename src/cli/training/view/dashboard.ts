import { wrap } from "comlink";
import { WorkerHandle } from "../../../cluster/supervision/worker_handle.ts";
import { RefusalError } from "../../../core/errors/errors.ts";
import { resolveModule } from "../../../core/package_module.ts";
import type { RemoteDashboard } from "../../../report/remote_dashboard.ts";

const CLOSE_PATIENCE_MS = 2_000;

/** A page on a run, served on loopback in a thread of its own until it is disposed of. */
export class Dashboard implements AsyncDisposable {
  readonly url: string;
  readonly #handle: WorkerHandle<RemoteDashboard>;

  private constructor(handle: WorkerHandle<RemoteDashboard>, port: number) {
    this.#handle = handle;
    this.url = `http://127.0.0.1:${port}/`;
  }

  /**
   * Starts to listen; there is nothing to see before `show`.
   * @param port 0 takes a free one.
   * @throws {Error} If the port is taken.
   */
  static async open(port: number): Promise<Dashboard> {
    const entry = resolveModule("../../../../workers/dashboard.ts", import.meta.url);
    const handle = new WorkerHandle<RemoteDashboard>(entry, "the dashboard", (worker) => wrap<RemoteDashboard>(worker));
    try {
      const { refusal, ...start } = await handle.call((remote) => remote.start(port), "start to serve");
      if (refusal !== undefined) throw new RefusalError(refusal);
      return new Dashboard(handle, start.port);
    } catch (error) {
      handle.terminate();
      throw error;
    }
  }

  /** Serves the run in this folder from now on. */
  show(folder: string): Promise<void> {
    return this.#handle.call((remote) => remote.show(folder), "take the run's folder");
  }

  /** Shows what the run is doing. Nobody waits for it: a page that is not served any more ends no run. */
  tell(progress: string): void {
    this.#handle.call((remote) => remote.tell(progress), "take news of the run").catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.call((remote) => remote.close(), "close", CLOSE_PATIENCE_MS).catch(() => undefined);
    this.#handle.terminate();
  }
}
