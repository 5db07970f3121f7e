import { useArena } from "../shared/current_arena.ts";
import { threadArena } from "../shared/thread_arena.ts";
import { ProcessArena } from "./process_arena.ts";

let opened: Promise<ProcessArena> | undefined;
let users = 0;

/**
 * The arena of this process's coordinator. From now on shared memory of this thread lies where other processes can map
 * it; it serves threads as before. What was made before is copied when it is sent.
 * @throws {RefusalError} If the system does not let processes share memory in this way.
 */
export async function openProcessArena(): Promise<ProcessArena> {
  opened ??= ProcessArena.open();
  const arena = await opened;
  useArena(arena);
  return arena;
}

/**
 * Says that replicas use the arena, until the function that is returned is called: after the last of these calls this
 * thread makes memory for threads again. What was made meanwhile stays.
 */
export function keepProcessArena(): () => void {
  users += 1;
  let isKept = true;
  return () => {
    if (!isKept) return;
    isKept = false;
    users -= 1;
    if (users === 0) useArena(threadArena);
  };
}
