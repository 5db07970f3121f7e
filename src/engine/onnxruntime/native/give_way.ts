import { setImmediate } from "node:timers/promises";

/** How long a thread may compute before timers, sockets and signals get their turn. */
const PATIENCE_MS = 12;

let lastTurnMs = performance.now();

/**
 * Lets what waits in the event loop go first, if it has waited for long: calls of a native library block their thread,
 * and promises that are fulfilled at once never reach the event loop.
 */
export async function giveWay(): Promise<void> {
  if (performance.now() - lastTurnMs < PATIENCE_MS) return;
  await setImmediate();
  lastTurnMs = performance.now();
}
