import { setInterval } from "node:timers";

/** Any time would do. */
const TICK_MS = 1_000;

/** Waits for what does not keep the program alive by itself, and keeps it alive meanwhile. */
export async function keepAlive<Result>(waiting: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => {}, TICK_MS);
  try {
    return await waiting;
  } finally {
    clearInterval(timer);
  }
}
