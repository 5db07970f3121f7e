import { assertProcessesShare } from "../../cluster/processes/probe_processes.ts";
import { keepProcessArena, openProcessArena } from "../../core/processes/open_process_arena.ts";

/**
 * Has shared memory of this thread lie where replicas in processes can map it, until what is returned is disposed of:
 * data that is loaded meanwhile need not be copied for them.
 * @throws {RefusalError} If processes cannot share memory here.
 */
export async function shareWithProcesses(): Promise<Disposable> {
  await assertProcessesShare();
  await openProcessArena();
  return { [Symbol.dispose]: keepProcessArena() };
}
