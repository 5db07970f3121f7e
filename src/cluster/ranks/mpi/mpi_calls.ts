import type { Communicator } from "./communicator.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** How often a message is asked for before the thread sleeps in between, where it has a core of its own. */
const EAGER_TESTS = 2000;
/** A sleep between two tests: the shortest and the longest. */
const NAP_MS = { first: 0.02, last: 0.5, growth: 1.2 } as const;

/** Words that the thread that calls MPI shares with the coordinator; `looks` counts how often a wait has looked. */
export const MpiWord = { halt: 0, looks: 1, count: 2 } as const;

/** What the first word says that ends a thread's waits: all of them for good, or one, as another rank was lost. */
export const Halt = { none: 0, givenUp: 1, rankLost: 2 } as const;

/** How long MPI may keep what was begun with ranks of which one was lost. */
const LET_GO_MS = 30_000;

/** How a rank waits. */
export interface MpiWaiting {
  /** By `MpiWord`; the first by `Halt`. */
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
  /** Those who make the calls together. */
  communicator: Communicator;
  readonly #library: MpiLibrary;
  readonly #waiting: MpiWaiting;
  readonly #isDone = new Int32Array(new ArrayBuffer(4));
  /** What was begun and may still be written to. */
  readonly #pending = new Set<PendingCall>();

  constructor(library: MpiLibrary, communicator: Communicator, waiting: MpiWaiting) {
    this.#library = library;
    this.communicator = communicator;
    this.#waiting = waiting;
  }

  /** Sends each rank its part, and receives from each what it has for this one. */
  beginAllToAll(sent: RankParts, received: RankParts): PendingCall {
    return this.#begin([...this.#listSide(sent), ...this.#listSide(received)], (request, places) => {
      const { float } = this.#library.flavour;
      const [values = 0, counts = 0, starts = 0, into = 0, intoCounts = 0, intoStarts = 0] = places;
      const [from, to] = [
        [values, counts, starts, float],
        [into, intoCounts, intoStarts, float],
      ];
      this.#library.call("MPI_Ialltoallv", ...from, ...to, this.communicator.handle, request);
    });
  }

  /** Gives all ranks this one's values, and receives those of all. */
  beginGather({ values, count }: { values: Float32Array; count: number }, received: RankParts): PendingCall {
    return this.#begin([values, ...this.#listSide(received)], (request, places) => {
      const { float } = this.#library.flavour;
      const [own = 0, into = 0, counts = 0, starts = 0] = places;
      const { handle } = this.communicator;
      this.#library.call("MPI_Iallgatherv", own, count, float, into, counts, starts, float, handle, request);
    });
  }

  /** Has the ranks that live agree on the lowest bits that all of them have: nobody gets another result. */
  beginAgreement(bits: Int32Array): PendingCall {
    return this.#begin([bits], (request, [place = 0]) => {
      this.#library.call("MPIX_Comm_iagree", this.communicator.handle, place, request);
    });
  }

  /**
   * Blocks this thread until a call is done.
   * @throws {Error} If the wait was ended, or MPI gives an error.
   */
  wait(call: PendingCall): void {
    this.#waitFor(call, (halt, code) => {
      if (code !== 0) throw new Error(`the exchange failed: ${this.#library.describeError(code)}`);
      if (halt !== Halt.none) throw new Error("the exchange was given up");
    });
  }

  /**
   * The same whatever MPI says of other ranks, which the result says, too.
   * @throws {Error} If all waits were ended.
   */
  waitForAgreement(call: PendingCall): void {
    this.#waitFor(call, (halt) => {
      if (halt === Halt.givenUp) throw new Error("the exchange was given up");
    });
  }

  /**
   * Waits until MPI has let go of all that was begun: it may write there until then.
   * @throws {Error} If it does not.
   */
  letGo(): void {
    const until = performance.now() + LET_GO_MS;
    for (const call of this.#pending) {
      this.#waitFor(call, (halt) => {
        if (halt === Halt.givenUp) throw new Error("the exchange was given up");
        if (performance.now() > until) throw new Error("MPI does not let go of an exchange that lost a rank");
      });
    }
  }

  /** True once all waits were ended for good. */
  get areGivenUp(): boolean {
    return Atomics.load(this.#waiting.stop, MpiWord.halt) === Halt.givenUp;
  }

  /** Waits are no longer ended because a rank was lost. */
  forgetLoss(): void {
    Atomics.compareExchange(this.#waiting.stop, MpiWord.halt, Halt.rankLost, Halt.none);
  }

  /** @param assertGoingOn Called before each further look; throws where the wait is to end. */
  #waitFor(call: PendingCall, assertGoingOn: (halt: number, code: number) => void): void {
    const { stop, isCrowded } = this.#waiting;
    const { ignored } = this.#library.flavour;
    const [place, done] = [this.#library.addressOf(call.request), this.#library.addressOf(this.#isDone)];
    let napMs: number = NAP_MS.first;
    for (let tests = 0; ; tests++) {
      this.#isDone[0] = 0;
      Atomics.add(stop, MpiWord.looks, 1);
      const code = this.#library.tryCall("MPI_Test", place, done, ignored);
      // Read after the call: what is kept must not be collected before.
      const isDone = this.#isDone[0] !== 0 && call.kept.length > 0;
      if (isDone) this.#pending.delete(call);
      if (isDone && code === 0) return;
      const halt = Atomics.load(stop, MpiWord.halt);
      assertGoingOn(halt, code);
      if (isDone) return;
      if (!isCrowded && tests < EAGER_TESTS) continue;
      Atomics.wait(stop, MpiWord.halt, halt, napMs);
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
    const pending = { request, kept };
    this.#pending.add(pending);
    return pending;
  }
}
