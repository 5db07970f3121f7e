import { type Remote, wrap } from "comlink";
import { WorkerHandle } from "../../cluster/supervision/worker_handle.ts";
import { describeCause } from "../../core/errors/errors.ts";
import { resolveModule } from "../../core/package_module.ts";
import type { PrepareOutcome, PrepareRequest } from "../workers/prepare_version.ts";

/** A large model may take minutes to load, and its held samples to be measured. */
const PATIENCE_MS = 600_000;

/** What the loader's Worker can be asked. */
export interface RemoteLoader {
  prepare(request: PrepareRequest): Promise<PrepareOutcome>;
}

/**
 * Loads, warms up and measures models in a thread of its own, so that the thread that answers is never held up. A
 * loader that dies of a file is replaced by another.
 */
export class VersionLoader {
  #handle: WorkerHandle<RemoteLoader> | undefined;

  /** Prepares a file. Never throws. */
  async prepare(request: PrepareRequest): Promise<PrepareOutcome> {
    this.#handle ??= startLoader();
    const handle = this.#handle;
    try {
      const ask = async (remote: Remote<RemoteLoader>): Promise<PrepareOutcome> => remote.prepare(request);
      return await handle.call(ask, "prepare a model", PATIENCE_MS);
    } catch (error) {
      await handle.terminate();
      if (this.#handle === handle) this.#handle = undefined;
      return { kind: "refused", reason: `${request.path}: ${describeCause(error)}` };
    }
  }

  async close(): Promise<void> {
    await this.#handle?.terminate();
    this.#handle = undefined;
  }
}

function startLoader(): WorkerHandle<RemoteLoader> {
  const entry = resolveModule("../../../workers/version_loader.ts", import.meta.url);
  return new WorkerHandle<RemoteLoader>(entry, "the loader of models", (worker) => wrap<RemoteLoader>(worker));
}
