import { keepProcessArena, openProcessArena } from "../../core/processes/open_process_arena.ts";
import type { IsolatedDevice } from "../isolation.ts";
import { Word } from "../protocol/control_block.ts";
import type { ReplicaCarrier } from "../supervision/replica_carrier.ts";
import { BellBridge } from "./bell_bridge.ts";
import { ProcessHandle } from "./process_handle.ts";

/** What replicas' processes need. */
export interface ProcessPlaces {
  /** The module that they run. */
  readonly entry: URL;
  /** Of the model, in shared memory. */
  readonly control: Int32Array<SharedArrayBuffer>;
  /** One a replica. */
  readonly devices: readonly IsolatedDevice[];
}

/**
 * Child processes that run a module.
 * @throws {RefusalError} If the system does not let processes share memory in this way.
 */
export async function carryInProcesses({ entry, control, devices }: ProcessPlaces): Promise<ReplicaCarrier> {
  const arena = await openProcessArena();
  const index = Word.completions;
  const address = arena.addressOf(control, index);
  if (address === undefined) throw new Error("the control block was made before the arena was opened");
  const release = keepProcessArena();
  const bridge = await BellBridge.start({ words: control, index, address });
  return {
    open(replica) {
      const environment = devices[replica]?.environment ?? {};
      return new ProcessHandle(`replica ${replica}`, { entry, arena, environment });
    },
    async close() {
      release();
      await bridge.close();
    },
  };
}
