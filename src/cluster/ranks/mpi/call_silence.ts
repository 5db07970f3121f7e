import { elementAt } from "../../../core/element_at.ts";
import { MpiWord } from "./mpi_calls.ts";

/** How often somebody looks whether the thread that calls MPI still does. */
export const LOOK_MS = 1000;
/** The longest silence that one look counts, after this thread itself was stopped or busy. */
const MAX_STEP_MS = 4 * LOOK_MS;

/** How long the thread that calls MPI has not looked whether an exchange is done: it is inside a call then. */
export class CallSilence {
  readonly #words: Int32Array;
  #looks = 0;
  #lastMs = 0;
  #silentMs = 0;

  constructor(words: Int32Array) {
    this.#words = words;
    this.begin();
  }

  /** Counts anew: the thread was asked for something. */
  begin(): void {
    this.#looks = elementAt(this.#words, MpiWord.looks);
    this.#lastMs = performance.now();
    this.#silentMs = 0;
  }

  /** Looks once more. Returns how long it has been silent. */
  look(): number {
    const [now, looks] = [performance.now(), Atomics.load(this.#words, MpiWord.looks)];
    this.#silentMs = looks === this.#looks ? this.#silentMs + Math.min(now - this.#lastMs, MAX_STEP_MS) : 0;
    this.#looks = looks;
    this.#lastMs = now;
    return this.#silentMs;
  }
}
