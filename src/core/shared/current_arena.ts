import type { SharedArena } from "./shared_arena.ts";
import { threadArena } from "./thread_arena.ts";

let current: SharedArena = threadArena;

/** The arena from which this thread takes shared memory. Default: memory for threads. */
export function currentArena(): SharedArena {
  return current;
}

/** From now on this thread takes shared memory from another arena. What it has made before stays. */
export function useArena(arena: SharedArena): void {
  current = arena;
}
