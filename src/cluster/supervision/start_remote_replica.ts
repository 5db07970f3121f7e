import { deserializeError } from "../../core/errors/error_data.ts";
import type { ReplicaCommand } from "../protocol/replica_command.ts";
import type { RemoteReplica, ReplicaSetup } from "../protocol/replica_setup.ts";
import type { ReplicaCarrier } from "./replica_carrier.ts";
import type { ReplicaHandle } from "./replica_handle.ts";

/** A replica in a Worker or process of its own that has loaded its engine. */
export interface StartedReplica {
  readonly handle: ReplicaHandle;
  /** What computes: "onnxruntime", "tfjs-wasm" … */
  readonly engine: string;
}

/**
 * Opens a place for a replica and has it load its engine there.
 * @throws {Error} If it cannot, or dies on the way; nothing is left running then.
 */
export async function startRemoteReplica(setup: ReplicaSetup, carrier: ReplicaCarrier): Promise<StartedReplica> {
  const handle = carrier.open(setup.index);
  try {
    const { engine, error } = await handle.call((remote) => remote.init(setup), "load its engine");
    if (error) throw deserializeError(error);
    return { handle, engine };
  } catch (error) {
    await handle.terminate();
    throw error;
  }
}

/** Has a replica take in commands, one after another. */
export async function applyAll(
  replica: Pick<RemoteReplica, "apply">,
  commands: readonly ReplicaCommand[],
): Promise<void> {
  for (const command of commands) await replica.apply(command);
}
