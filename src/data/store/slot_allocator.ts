import { ABSENT, ClockWord, REQUESTED, type StoredSamples, type StorePart } from "./stored_samples.ts";

/** Slots that are looked at for one that has not been read for long. */
const LOOKED_AT = 16;

/** The last quarter of the slots is for rows in passing. */
const PASSING_SHARE = 4;

/**
 * Gives out the slots of a part; the Worker that decodes it alone calls it.
 *
 * Rows that come while there is room stay: a set that is four times as large as the cache, in another order each
 * epoch, finds a quarter of its rows there, where throwing out the oldest would find nearly none. Further ones take
 * turns in the last quarter of the slots. What has not been read for two epochs makes room for others, as do the rows
 * of an experience that is over.
 */
export class SlotAllocator {
  readonly #store: StoredSamples;
  readonly #part: StorePart;
  /** The row in each slot, −1 for none. */
  readonly #rows: Int32Array;
  readonly #firstPassing: number;
  #used = 0;
  #hand = 0;
  #passing: number;

  constructor(store: StoredSamples, part: StorePart) {
    this.#store = store;
    this.#part = part;
    const slots = part.lastRead.length;
    this.#rows = new Int32Array(slots).fill(-1);
    this.#firstPassing = slots - Math.ceil(slots / PASSING_SHARE);
    this.#passing = this.#firstPassing;
  }

  /** A slot that nobody reads, for this row; undefined where all of them are being read. */
  take(row: number): number | undefined {
    const slot = this.#find();
    if (slot === undefined) return undefined;
    this.#rows[slot] = row;
    Atomics.store(this.#part.lastRead, slot, this.#now());
    return slot;
  }

  #find(): number | undefined {
    const slots = this.#rows.length;
    if (this.#used < slots) {
      this.#used += 1;
      return this.#used - 1;
    }
    const horizon = Atomics.load(this.#store.clock, ClockWord.horizon) || this.#store.rows;
    for (let i = 0; i < Math.min(LOOKED_AT, this.#firstPassing); i++) {
      const slot = this.#hand;
      this.#hand = (this.#hand + 1) % this.#firstPassing;
      const age = (this.#now() - Atomics.load(this.#part.lastRead, slot)) | 0;
      if (age > 2 * horizon && this.#empty(slot)) return slot;
    }
    for (let i = 0; i < slots; i++) {
      const slot = this.#passing;
      this.#passing = slot + 1 === slots ? this.#firstPassing : slot + 1;
      if (this.#empty(slot)) return slot;
      // All rows in passing are being read: any other will do.
      if (i > slots - this.#firstPassing) {
        const other = (this.#hand + i) % slots;
        if (this.#empty(other)) return other;
      }
    }
    return undefined;
  }

  /**
   * Takes the slot's row out, unless it is being read. A reader pins before it looks, and here is looked before the
   * pins are: one of the two sees the other.
   */
  #empty(slot: number): boolean {
    const { slotOf, pins } = this.#store;
    const row = this.#rows[slot] ?? -1;
    if (row < 0) return true;
    if (Atomics.load(pins, row) > 0) return false;
    if (Atomics.compareExchange(slotOf, row, slot + 1, ABSENT) !== slot + 1) return true;
    if (Atomics.load(pins, row) === 0) {
      this.#rows[slot] = -1;
      return true;
    }
    // Its reader may have asked for it again by now; it is there all the same.
    const now = Atomics.load(slotOf, row);
    if (now === ABSENT || now === REQUESTED) {
      Atomics.store(slotOf, row, slot + 1);
      Atomics.notify(slotOf, row);
    }
    return false;
  }

  #now(): number {
    return Atomics.load(this.#store.clock, ClockWord.reads);
  }
}
