import type { MpiLibrary } from "./mpi_library.ts";

/** How often a message is asked for before the thread sleeps in between, where it has a core of its own. */
const EAGER_TESTS = 2000;
/** A sleep between two tests: the shortest and the longest. */
const NAP_MS = { first: 0.02, last: 0.5, growth: 1.2 } as const;

/** How a rank waits. */
export interface MpiWaiting {
  /** One word; the thread gives up what it waits for once it is not 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** True where the ranks of this machine have to share its cores: waiting sleeps at once. */
  readonly isCrowded: boolean;
}

/** What one side of an exchange holds: elements [start, start + count) for, or of, each rank. */
export interface RankParts {
  readonly values: Float32Array;
  readonly counts: readonly number[];
  readonly starts: readonly number[];
}

/** A call that was begun; what C knows of it by address is kept here. */
export interface PendingCall {
  readonly request: BigInt64Array;
  readonly kept: readonly ArrayBufferView[];
}

/** Calls of MPI that are begun and waited for. A wait looks at a word that ends it, so that it never hangs for good. */
export class MpiCalls {
  readonly #library: MpiLibrary;
  readonly #waiting: MpiWaiting;
  readonly #isDone = new Int32Array(new ArrayBuffer(4));

  constructor(library: MpiLibrary, waiting: MpiWaiting) {
    this.#library = library;
    this.#waiting = waiting;
  }

  /** Sends each rank its part, and receives from each what it has for this one. */
  beginAllToAll(sent: RankParts, received: RankParts): PendingCall {
    return this.#begin([...this.#listSide(sent), ...this.#listSide(received)], (request, places) => {
      const { float, world } = this.#library.flavour;
      const [values = 0, counts = 0, starts = 0, into = 0, intoCounts = 0, intoStarts = 0] = places;
      const [from, to] = [
        [values, counts, starts, float],
        [into, intoCounts, intoStarts, float],
      ];
      this.#library.call("MPI_Ialltoallv", ...from, ...to, world, request);
    });
  }

  /** Gives all ranks this one's values, and receives those of all. */
  beginGather({ values, count }: { values: Float32Array; count: number }, received: RankParts): PendingCall {
    return this.#begin([values, ...this.#listSide(received)], (request, places) => {
      const { float, world } = this.#library.flavour;
      const [own = 0, into = 0, counts = 0, starts = 0] = places;
      this.#library.call("MPI_Iallgatherv", own, count, float, into, counts, starts, float, world, request);
    });
  }

  /**
   * Blocks this thread until a call is done.
   * @throws {Error} If the wait was ended, or MPI gives an error.
   */
  wait({ request, kept }: PendingCall): void {
    const { stop, isCrowded } = this.#waiting;
    const { ignored } = this.#library.flavour;
    const [place, done] = [this.#library.addressOf(request), this.#library.addressOf(this.#isDone)];
    let napMs: number = NAP_MS.first;
    for (let tests = 0; ; tests++) {
      this.#library.call("MPI_Test", place, done, ignored);
      // Read after the call: what is kept must not be collected before.
      if (this.#isDone[0] !== 0 && kept.length > 0) return;
      if (Atomics.load(stop, 0) !== 0) throw new Error("the exchange was given up");
      if (!isCrowded && tests < EAGER_TESTS) continue;
      Atomics.wait(stop, 0, 0, napMs);
      napMs = Math.min(NAP_MS.last, napMs * NAP_MS.growth);
    }
  }

  #listSide({ values, counts, starts }: RankParts): ArrayBufferView[] {
    return [values, Int32Array.from(counts), Int32Array.from(starts)];
  }

  #begin(views: readonly ArrayBufferView[], call: (request: number, places: readonly number[]) => void): PendingCall {
    // A handle is 4 or 8 bytes.
    const request = new BigInt64Array(new ArrayBuffer(8));
    const kept = [...views, request];
    call(
      this.#library.addressOf(request),
      views.map((view) => this.#library.addressOf(view)),
    );
    return { request, kept };
  }
}
