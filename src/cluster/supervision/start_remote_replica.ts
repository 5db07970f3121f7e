import { deserializeError } from "../../core/errors/error_data.ts";
import { ReplicaWord, replicaWord } from "../protocol/control_block.ts";
import type { ReplicaCommand } from "../protocol/replica_command.ts";
import type { RemoteReplica, ReplicaSetup } from "../protocol/replica_setup.ts";
import { EndedError } from "./lifeline.ts";
import type { ReplicaCarrier } from "./replica_carrier.ts";
import type { ReplicaHandle } from "./replica_handle.ts";
import type { Restarts } from "./restarts.ts";

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

/**
 * The same for a replica that nobody waits for yet: one that dies on the way is replaced as often as it may be.
 * @throws {Error} If it cannot load its engine, or dies once too often; nothing is left running then.
 */
export async function startFirstReplica(
  setup: Omit<ReplicaSetup, "generation">,
  { carrier, restarts }: { readonly carrier: ReplicaCarrier; readonly restarts: Restarts },
): Promise<StartedReplica> {
  const { index, memory } = setup;
  for (let generation = 0; ; generation++) {
    try {
      return await startRemoteReplica({ ...setup, generation }, carrier);
    } catch (error) {
      if (!(error instanceof EndedError) || restarts.areUsedUp) throw error;
      restarts.begin(index, error);
      Atomics.store(memory.control, replicaWord(index, ReplicaWord.generation), generation + 1);
    }
  }
}

/** Has a replica take in commands, one after another. */
export async function applyAll(
  replica: Pick<RemoteReplica, "apply">,
  commands: readonly ReplicaCommand[],
): Promise<void> {
  for (const command of commands) await replica.apply(command);
}
