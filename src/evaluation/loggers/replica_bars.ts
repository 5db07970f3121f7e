import { formatReplicaProgress } from "./progress.ts";

/** What the bars go by. */
export interface ReplicaBarsOptions {
  /** Minibatches of the epoch, and how many of them were done before the first that is added. */
  readonly total: number;
  readonly done: number;
  /** Milliseconds that only go up. */
  readonly now: () => number;
}

/** Follows what each replica does of one epoch: a line a replica. */
export class ReplicaBars {
  readonly #options: ReplicaBarsOptions;
  readonly #startMs: number;
  readonly #rows: number[] = [];
  #iterations = 0;

  constructor(options: ReplicaBarsOptions) {
    this.#options = options;
    this.#startMs = options.now();
  }

  /** Counts a minibatch: the rows of it that each replica computed. */
  add(rowsByReplica: readonly number[]): void {
    this.#iterations += 1;
    rowsByReplica.forEach((rows, replica) => {
      this.#rows[replica] = (this.#rows[replica] ?? 0) + rows;
    });
  }

  /** One line a replica, of at most `width` characters. */
  format(width: number): string[] {
    const { total, done, now } = this.#options;
    const elapsedMs = now() - this.#startMs;
    const isLeft = Math.max(0, total - done - this.#iterations);
    return this.#rows.map((rows, replica) => {
      const rowsLeft = this.#iterations === 0 ? 0 : Math.round((rows / this.#iterations) * isLeft);
      return formatReplicaProgress({ replica, rows, rowsLeft, elapsedMs }, width);
    });
  }
}
