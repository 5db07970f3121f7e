import process from "node:process";
import type { Endpoint } from "comlink";
import { AttachedArena } from "../../core/processes/attached_arena.ts";
import { unpackMessage } from "../../core/processes/message.ts";
import { useArena } from "../../core/shared/current_arena.ts";
import { Word } from "../protocol/control_block.ts";
import type { ReplicaSetup } from "../protocol/replica_setup.ts";
import { BellBridge } from "./bell_bridge.ts";
import { COORDINATOR_VARIABLE, createEndpoint, READY } from "./channel.ts";

/** What a terminal or a scheduler tells the whole group: the coordinator decides what becomes of it. */
const IGNORED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A replica's process as its entry sees it. */
export interface ReplicaProcess {
  readonly endpoint: Endpoint;
  /** Does what must be done before the replica listens for commands. */
  prepare(setup: ReplicaSetup): Promise<void>;
  /** Tells the coordinator that the endpoint is in use. */
  announce(): void;
}

/**
 * Connects this process with its coordinator, and ends it with that one.
 * @throws {RefusalError} If the system does not let processes share memory in this way.
 */
export async function connectToCoordinator(parentId: number): Promise<ReplicaProcess> {
  // What this process starts is no replica.
  delete process.env[COORDINATOR_VARIABLE];
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  const arena = await AttachedArena.open();
  useArena(arena);
  return {
    endpoint: createEndpoint({
      on: (event, listener) =>
        process.on(event, (message) => listener(unpackMessage(message, (part) => arena.attach(part)))),
      send: (message) => void process.send?.(message),
    }),
    async prepare({ memory: { control } }) {
      const index = Word.sequence;
      const address = arena.addressOf(control, index);
      if (address === undefined) throw new Error("the control block is not in shared memory");
      await BellBridge.start({ words: control, index, address, parentId });
    },
    announce: () => void process.send?.(READY),
  };
}
