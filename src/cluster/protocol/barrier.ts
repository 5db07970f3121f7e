import { currentArena } from "../../core/shared/current_arena.ts";
import { ReplicaWord, replicaWord, Word } from "./control_block.ts";

/** How long a replica sleeps at the barrier before it beats and checks whether the command was abandoned. */
const PATIENCE_MS = 200;

/**
 * The barrier inside a command stands between the shards' gradients and the reduction. It opens when all replicas have
 * arrived, or the coordinator abandons it when one is lost: one compare-and-swap decides which. Its word carries the
 * command's number, so that it is never mistaken for another command's.
 */
const State = { closed: 0, open: 1, abandoned: 2 } as const;

/** Issues the command in the control block with its barrier closed. Returns the command's number. */
export function issueCommand(control: Int32Array, replicas: number): number {
  const sequence = (Atomics.load(control, Word.sequence) + 1) | 0;
  for (let replica = 0; replica < replicas; replica++) {
    Atomics.store(control, replicaWord(replica, ReplicaWord.progress), 0);
  }
  Atomics.store(control, Word.barrier, mark(sequence, State.closed));
  Atomics.store(control, Word.sequence, sequence);
  currentArena().openBell(control, Word.sequence).wake();
  return sequence;
}

/**
 * Releases the other replicas when one was lost; they do nothing after the barrier. Called by the coordinator.
 * @returns False if the barrier has opened already.
 */
export function abandonBarrier(control: Int32Array, sequence: number): boolean {
  const [closed, abandoned] = [mark(sequence, State.closed), mark(sequence, State.abandoned)];
  const isAbandoned = Atomics.compareExchange(control, Word.barrier, closed, abandoned) !== mark(sequence, State.open);
  currentArena().openBell(control, Word.barrier).wake();
  return isAbandoned;
}

/**
 * Blocks this thread until all replicas have arrived. Only for replicas in Workers of their own, or for a single one.
 * @returns False if the command was abandoned.
 */
export function waitAtBarrier(
  control: Int32Array,
  place: { readonly sequence: number; readonly replicas: number; readonly index: number },
): boolean {
  const { sequence, replicas, index } = place;
  const closed = mark(sequence, State.closed);
  const open = mark(sequence, State.open);
  const bell = currentArena().openBell(control, Word.barrier);
  Atomics.store(control, replicaWord(index, ReplicaWord.arrived), sequence);
  if (haveAllArrived(control, sequence, replicas)) {
    Atomics.compareExchange(control, Word.barrier, closed, open);
    bell.wake();
  }
  while (Atomics.load(control, Word.barrier) === closed) {
    bell.wait(closed, PATIENCE_MS);
    Atomics.add(control, replicaWord(index, ReplicaWord.heartbeat), 1);
  }
  return Atomics.load(control, Word.barrier) === open;
}

function haveAllArrived(control: Int32Array, sequence: number, replicas: number): boolean {
  for (let replica = 0; replica < replicas; replica++) {
    if (Atomics.load(control, replicaWord(replica, ReplicaWord.arrived)) !== sequence) return false;
  }
  return true;
}

function mark(sequence: number, state: number): number {
  return (sequence << 2) | state;
}
