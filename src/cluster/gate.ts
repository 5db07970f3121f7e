import { ReplicaWord, replicaWord, Word } from "./control_block.ts";

/**
 * How long a replica sleeps at the gate before it shows that it is alive and looks whether the command was given up.
 */
const PATIENCE_MS = 200;

/**
 * The gate is the barrier inside a command, between the shards' gradients and the reduction. It opens when all replicas
 * have arrived, or is given up by the coordinator when one is lost: whichever comes first, never both. Its word carries
 * the command's number, so that nobody mistakes it for another command's.
 */
const State = { closed: 0, open: 1, givenUp: 2 } as const;

/** Gives out the command that stands in the control block, its gate closed, and returns its number. */
export function issueCommand(control: Int32Array, replicas: number): number {
  const sequence = (Atomics.load(control, Word.sequence) + 1) | 0;
  for (let replica = 0; replica < replicas; replica++) {
    Atomics.store(control, replicaWord(replica, ReplicaWord.progress), 0);
  }
  Atomics.store(control, Word.gate, mark(sequence, State.closed));
  Atomics.store(control, Word.sequence, sequence);
  Atomics.notify(control, Word.sequence);
  return sequence;
}

/**
 * Called by the coordinator when a replica was lost: lets the others out, with nothing done after the gate.
 * @returns False if the gate has opened already.
 */
export function giveUpGate(control: Int32Array, sequence: number): boolean {
  const [closed, givenUp] = [mark(sequence, State.closed), mark(sequence, State.givenUp)];
  const isGivenUp = Atomics.compareExchange(control, Word.gate, closed, givenUp) !== mark(sequence, State.open);
  Atomics.notify(control, Word.gate);
  return isGivenUp;
}

/**
 * Blocks this thread until all replicas have come here. Only for replicas in Workers of their own, or for a single one.
 * @returns False when the command was given up.
 */
export function waitAtGate(
  control: Int32Array,
  place: { readonly sequence: number; readonly replicas: number; readonly index: number },
): boolean {
  const { sequence, replicas, index } = place;
  const closed = mark(sequence, State.closed);
  const open = mark(sequence, State.open);
  Atomics.store(control, replicaWord(index, ReplicaWord.arrived), sequence);
  if (haveAllArrived(control, sequence, replicas)) {
    Atomics.compareExchange(control, Word.gate, closed, open);
    Atomics.notify(control, Word.gate);
  }
  while (Atomics.load(control, Word.gate) === closed) {
    Atomics.wait(control, Word.gate, closed, PATIENCE_MS);
    Atomics.add(control, replicaWord(index, ReplicaWord.heartbeat), 1);
  }
  return Atomics.load(control, Word.gate) === open;
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
