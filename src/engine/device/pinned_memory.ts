import { describeCause } from "../../core/errors/errors.ts";

/** How a driver locks ordinary memory in its place; the device then reads and writes it without a copy in between. */
export interface PageLocker {
  /** Where an array lies in ordinary memory. */
  addressOf(view: ArrayBufferView): number;
  /** @throws {Error} If the driver refuses, with its words: a part may be locked already. */
  lock(address: number, sizeBytes: number): void;
  /** @throws {Error} If nothing is locked from there on. */
  unlock(address: number): void;
}

/** What is locked at present. */
export interface PinnedState {
  pinnedBytes: number;
  /** Why the driver refused to lock an array, the last time that it did. */
  pinRefusal?: string;
}

/** From `start` to `end` (not included), locked. */
interface LockedRange {
  readonly start: number;
  readonly end: number;
  /** The memory stays where it is for as long as somebody refers to it. */
  readonly view: ArrayBufferView;
  holders: number;
}

/** Drivers copy smaller arrays as fast from anywhere. */
const LEAST_BYTES = 65_536;
/** Arrays that one block of a device is copied from and to. With more they are not the same ones again and again. */
const MAX_ARRAYS = 16;

/**
 * Ordinary memory that is locked for copies to and from one device. Belongs to one thread. An array that the driver
 * refuses to lock is copied all the same.
 */
export class PinnedMemory {
  readonly locker: PageLocker;
  readonly #state: PinnedState;
  readonly #ranges = new Set<LockedRange>();

  /** @param state Written to. */
  constructor(locker: PageLocker, state: PinnedState) {
    this.locker = locker;
    this.#state = state;
  }

  /** Locks an array, or has one holder more of what it lies in. Undefined where the driver refuses. */
  hold(view: ArrayBufferView, start: number): LockedRange | undefined {
    const end = start + view.byteLength;
    const known = [...this.#ranges].find((range) => range.start <= start && end <= range.end);
    if (known) {
      known.holders += 1;
      return known;
    }
    try {
      this.locker.lock(start, view.byteLength);
    } catch (error) {
      this.#state.pinRefusal = describeCause(error);
      return undefined;
    }
    const range = { start, end, view, holders: 1 };
    this.#ranges.add(range);
    this.#state.pinnedBytes += view.byteLength;
    return range;
  }

  /** Whether a range that was held is locked still. */
  isLocked(range: LockedRange): boolean {
    return this.#ranges.has(range);
  }

  /** Has one holder less. The last one unlocks. */
  release(range: LockedRange): void {
    range.holders -= 1;
    if (range.holders === 0) this.#unlock(range);
  }

  /** Unlocks what holds a part of these addresses and not all: no driver copies across the end of what is locked. */
  makeWay(start: number, end: number): void {
    for (const range of this.#ranges) {
      const isApart = end <= range.start || range.end <= start;
      if (!isApart && !(range.start <= start && end <= range.end)) this.#unlock(range);
    }
  }

  #unlock(range: LockedRange): void {
    if (!this.#ranges.delete(range)) return;
    this.locker.unlock(range.start);
    this.#state.pinnedBytes -= range.end - range.start;
  }
}

/** The arrays that one block of a device is copied from and to: each is locked when it comes for the second time. */
export class PinnedArrays {
  readonly #memory: PinnedMemory;
  /** By where they begin. Undefined where they came once, or the driver refused. */
  readonly #ranges = new Map<number, LockedRange | undefined>();
  readonly #refusedEnds = new Map<number, number>();

  constructor(memory: PinnedMemory) {
    this.#memory = memory;
  }

  /** To be called before an array is copied. Nobody may hand its memory to another thread from then on. */
  prepare(view: ArrayBufferView): void {
    const start = this.#memory.locker.addressOf(view);
    const end = start + view.byteLength;
    this.#memory.makeWay(start, end);
    if (view.byteLength < LEAST_BYTES || this.#refusedEnds.get(start) === end) return;
    const known = this.#ranges.get(start);
    if (known && end <= known.end && this.#memory.isLocked(known)) return;
    if (!this.#ranges.has(start)) {
      if (this.#ranges.size < MAX_ARRAYS) this.#ranges.set(start, undefined);
      return;
    }
    if (known) this.#memory.release(known);
    const range = this.#memory.hold(view, start);
    this.#ranges.set(start, range);
    if (!range) this.#refusedEnds.set(start, end);
  }

  /** Has them unlocked, once. */
  release(): void {
    for (const range of this.#ranges.values()) if (range) this.#memory.release(range);
    this.#ranges.clear();
  }
}
