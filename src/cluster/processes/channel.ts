import process from "node:process";
import type { Endpoint } from "comlink";

/** The environment variable with the coordinator's process number: a replica's process has it, and no other. */
export const COORDINATOR_VARIABLE = "FIRN_COORDINATOR";

/** A replica's process says this first, once it listens: what is sent earlier is lost. */
export const READY = "firn:ready";

/** The coordinator's process number, in a process that was started as a replica's; undefined anywhere else. */
export function findCoordinator(): number | undefined {
  const text = process.env[COORDINATOR_VARIABLE];
  return text === undefined || typeof process.send !== "function" ? undefined : Number(text);
}

/** One end of the channel between a process and the one that started it. */
export interface ChannelEnd {
  on(event: "message", listener: (message: unknown) => void): unknown;
  send(message: unknown): void;
}

/** An endpoint for comlink over a channel. */
export function createEndpoint({ on, send }: ChannelEnd): Endpoint {
  const target = new EventTarget();
  on("message", (data) => {
    if (data !== READY) target.dispatchEvent(new MessageEvent("message", { data }));
  });
  return Object.assign(target, { postMessage: send });
}
