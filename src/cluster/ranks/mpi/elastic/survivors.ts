import { elementAt } from "../../../../core/element_at.ts";
import { openCommunicator } from "../communicator.ts";
import type { MpiCalls } from "../mpi_calls.ts";
import type { MpiLibrary } from "../mpi_library.ts";

/** So often may an exchange fail, one time after another, without anybody being lost. */
const MAX_VAIN = 10;

/** What came of an exchange on one rank. */
type Tried<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "failed"; readonly cause: unknown };

/** What came of an exchange; `lost` are ranks, by their first numbers. */
export type Attempt<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "undone"; readonly lost: readonly number[] };

/** The ranks that are left, as the thread sees them that calls MPI: what all of them do, or none. */
export class Survivors {
  readonly #library: MpiLibrary;
  readonly #calls: MpiCalls;
  readonly #firstGroup: number;
  /** What each of those that are left was called at first. */
  #members: readonly number[];
  #vain = 0;

  constructor(library: MpiLibrary, calls: MpiCalls) {
    this.#library = library;
    this.#calls = calls;
    this.#firstGroup = this.#findGroup();
    this.#members = Array.from({ length: calls.communicator.size }, (_, rank) => rank);
  }

  /**
   * Does an exchange, and then has all ranks agree that each has done it. Where one could not, all forget it, and those
   * that are left go on under new numbers, in the old order.
   * @throws {Error} If waits were ended for good, or MPI cannot go on.
   */
  attempt<Value>(exchange: () => Value): Attempt<Value> {
    const tried = this.#attemptHere(exchange);
    const areAllDone = this.#areAll(tried.kind === "done");
    if (tried.kind === "failed") return { kind: "undone", lost: this.#goOn(tried.cause) };
    if (!areAllDone) return { kind: "undone", lost: this.#goOn(undefined) };
    this.#vain = 0;
    return tried;
  }

  #attemptHere<Value>(exchange: () => Value): Tried<Value> {
    try {
      return { kind: "done", value: exchange() };
    } catch (cause) {
      if (this.#calls.areGivenUp) throw cause;
      // Whoever waits for this rank waits in vain.
      this.#library.call("MPIX_Comm_revoke", this.#calls.communicator.handle);
      return { kind: "failed", cause };
    }
  }

  /** Whether it is true of all ranks that live: all of them get one answer. */
  #areAll(isTrue: boolean): boolean {
    const bits = Int32Array.of(isTrue ? 1 : 0);
    this.#calls.waitForAgreement(this.#calls.beginAgreement(bits));
    return elementAt(bits, 0) === 1;
  }

  #goOn(failure: unknown): readonly number[] {
    this.#calls.forgetLoss();
    this.#calls.letGo();
    const handle = new BigInt64Array(new ArrayBuffer(8));
    this.#library.call("MPIX_Comm_shrink", this.#calls.communicator.handle, this.#library.addressOf(handle));
    this.#calls.communicator = openCommunicator(this.#library, Number(elementAt(handle, 0)));
    const members = this.#listMembers();
    const lost = this.#members.filter((rank) => !members.includes(rank));
    this.#members = members;
    this.#vain = lost.length === 0 ? this.#vain + 1 : 0;
    if (this.#vain > MAX_VAIN) throw new Error("exchanges fail though no rank was lost", { cause: failure });
    return lost;
  }

  #listMembers(): number[] {
    const { size } = this.#calls.communicator;
    const [own, first] = [
      Int32Array.from({ length: size }, (_, rank) => rank),
      new Int32Array(new ArrayBuffer(4 * size)),
    ];
    const [from, into] = [this.#library.addressOf(own), this.#library.addressOf(first)];
    this.#library.call("MPI_Group_translate_ranks", this.#findGroup(), size, from, this.#firstGroup, into);
    // Kept until C has read it.
    return own.length > 0 ? [...first] : [];
  }

  #findGroup(): number {
    const group = new BigInt64Array(new ArrayBuffer(8));
    this.#library.call("MPI_Comm_group", this.#calls.communicator.handle, this.#library.addressOf(group));
    return Number(elementAt(group, 0));
  }
}
