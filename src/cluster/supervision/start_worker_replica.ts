import { wrap } from "comlink";
import { deserializeError } from "../../core/errors/error_data.ts";
import type { RemoteReplica, ReplicaSetup } from "../protocol/replica_setup.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** A replica in a Worker of its own that has loaded its engine. */
export interface WorkerReplica {
  readonly handle: WorkerHandle<RemoteReplica>;
  /** What computes: "onnxruntime", "tfjs-wasm" … */
  readonly engine: string;
}

/**
 * Starts a Worker and has it load its engine.
 * @throws {Error} If it cannot, or dies on the way; nothing is left running then.
 */
export async function startWorkerReplica(setup: ReplicaSetup, workerEntry: URL): Promise<WorkerReplica> {
  const connect = (port: Worker) => wrap<RemoteReplica>(port);
  const handle = new WorkerHandle<RemoteReplica>(workerEntry, `replica ${setup.index}`, connect);
  try {
    const { engine, error } = await handle.call((remote) => remote.init(setup), "load its engine");
    if (error) throw deserializeError(error);
    return { handle, engine };
  } catch (error) {
    await handle.terminate();
    throw error;
  }
}
