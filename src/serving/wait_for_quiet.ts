import { setTimeout } from "node:timers/promises";

const PAUSE_MS = 20;
/** So many pauses without work, one after another, are quiet. */
const QUIET_PAUSES = 3;
const PATIENCE_MS = 10_000;

/** Waits until nothing is worked on, for a moment: clients may send on connections that they keep open. */
export async function waitForQuiet(countWorking: () => number): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet < QUIET_PAUSES && performance.now() < endMs; ) {
    await setTimeout(PAUSE_MS);
    quiet = countWorking() === 0 ? quiet + 1 : 0;
  }
}
