import { ReplicaWord, replicaWord } from "../protocol/control_block.ts";

/** So many times the rows may take a computation longer than those before lead to expect. */
const MORE_ROWS = 4;

/**
 * Tells the coordinator how long a replica's slowest computation has taken, which decides how long the next may take. A
 * computation of a new kind, or of many more rows, may take far longer than any before: while it goes on, nothing is
 * told, as before the first one.
 */
export class CallClock {
  readonly #control: Int32Array;
  readonly #word: number;
  /** The most rows that each kind was computed of. */
  readonly #rows = new Map<number, number>();
  #slowestMs = 0;

  /** @param replica Whose word of the control block is written. */
  constructor(control: Int32Array, replica: number) {
    this.#control = control;
    this.#word = replicaWord(replica, ReplicaWord.slowestCallMs);
  }

  /** A computation begins. @param kind Its phases. */
  begin(kind: number, rows: number): void {
    const known = this.#rows.get(kind) ?? 0;
    if (rows > MORE_ROWS * known) Atomics.store(this.#control, this.#word, 0);
    this.#rows.set(kind, Math.max(known, rows));
  }

  /** It has ended. */
  end(elapsedMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs, Math.ceil(elapsedMs));
    Atomics.store(this.#control, this.#word, this.#slowestMs);
  }
}
