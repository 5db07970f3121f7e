import type { RandomStream } from "../../core/random_stream.ts";

/** How one data set is cut into sub-batches. */
export interface BatchSamplerOptions {
  /** Samples in the data set. */
  readonly length: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  /**
   * False: one pass, whose whole order is drawn at once. True: starts again at the end, and draws each sub-batch when
   * it is taken, so that a few samples of a large memory cost a few draws.
   */
  readonly cycle: boolean;
  /** Draws the orders; undefined: in order. */
  readonly random: RandomStream | undefined;
}

/** How many sub-batches one pass over a data set gives. */
export function countBatches(length: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/**
 * One epoch's way through a data set. One that starts again, a memory, remembers only the places that it has drawn
 * from: it may be large, and few of its samples asked for.
 */
export class BatchSampler {
  readonly #options: BatchSamplerOptions;
  /** Positions beyond this one are not used. */
  readonly #end: number;
  /** Undefined for a data set that starts again. */
  readonly #order: Int32Array | undefined;
  /** What stands at a place that is not its own number. */
  readonly #moved = new Map<number, number>();
  #next = 0;

  /** Draws the order of a data set that is gone through once. */
  constructor(options: BatchSamplerOptions) {
    const { length, batchSize, dropLast, cycle, random } = options;
    this.#options = options;
    // A cycling data set smaller than its batch would never be seen if its only sub-batch were dropped.
    const keepsLast = !dropLast || (cycle && length < batchSize);
    this.#end = keepsLast ? length : length - (length % batchSize);
    if (!cycle) this.#order = random ? random.permutation(length) : createAscending(length);
  }

  /** Positions of the next sub-batch; none when the data set is used up. Borrowed. */
  next(): Int32Array {
    const { batchSize, cycle, random } = this.#options;
    if (cycle && this.#next >= this.#end) this.#next = 0;
    const start = this.#next;
    this.#next = Math.min(start + batchSize, this.#end);
    if (this.#order) return this.#order.subarray(start, this.#next);
    return Int32Array.from({ length: this.#next - start }, (_, i) => {
      return random ? this.#draw(start + i, random) : start + i;
    });
  }

  /** Positions of the next `count` samples at most, as far as their order is settled. Borrowed. */
  peek(count: number): Int32Array {
    return this.#order?.subarray(this.#next, Math.min(this.#next + count, this.#end)) ?? NONE;
  }

  /** A step of Fisher and Yates from the front: what is not drawn yet lies behind `place`. */
  #draw(place: number, random: RandomStream): number {
    const chosen = place + random.integer(this.#options.length - place);
    const drawn = this.#moved.get(chosen) ?? chosen;
    this.#moved.set(chosen, this.#moved.get(place) ?? place);
    this.#moved.set(place, drawn);
    return drawn;
  }
}

const NONE = new Int32Array(0);

function createAscending(length: number): Int32Array {
  const order = new Int32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  return order;
}
