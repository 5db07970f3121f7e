import { ReplicaWord, replicaWord, Word } from "./control_block.ts";

/** How long a replica sleeps at the barrier before it shows that it is alive and looks whether the step was given up. */
const PATIENCE_MS = 200;

/**
 * Blocks this thread until all replicas have come here. Only for replicas in Workers of their own.
 * @returns False when the coordinator gave the step up because a replica was lost.
 */
export function waitAtBarrier(control: Int32Array, replicas: number, index: number): boolean {
  if (replicas === 1) return true;
  const opening = Atomics.load(control, Word.barrierOpenings);
  if (Atomics.add(control, Word.arrived, 1) + 1 === replicas) {
    Atomics.store(control, Word.arrived, 0);
    Atomics.add(control, Word.barrierOpenings, 1);
    Atomics.notify(control, Word.barrierOpenings);
    return true;
  }
  while (Atomics.load(control, Word.barrierOpenings) === opening) {
    if (Atomics.load(control, Word.abort) === 1) return false;
    Atomics.wait(control, Word.barrierOpenings, opening, PATIENCE_MS);
    Atomics.add(control, replicaWord(index, ReplicaWord.heartbeat), 1);
  }
  return true;
}
