import type { SharedArena } from "./shared_arena.ts";
import { threadArena } from "./thread_arena.ts";

/** The arena from which this thread takes shared memory. That of all replicas is memory for threads. */
export function currentArena(): SharedArena {
  return threadArena;
}
