import { wrap } from "comlink";
import type { RemoteReplica } from "../protocol/replica_setup.ts";
import type { ReplicaHandle } from "./replica_handle.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** What replicas live in. */
export interface ReplicaCarrier {
  /** Opens a place for the replica of this number, in which it can be asked to load its engine. */
  open(index: number): ReplicaHandle;
  /** Frees what the places share, once all of them are gone. */
  close(): Promise<void>;
}

/** Workers of this process that run a module. */
export function carryInThreads(entry: URL): ReplicaCarrier {
  return {
    open: (index) =>
      new WorkerHandle<RemoteReplica>(entry, `replica ${index}`, (worker) => wrap<RemoteReplica>(worker)),
    close: async () => {},
  };
}
