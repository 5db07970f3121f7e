import { mixBits } from "../../../core/random_stream.ts";
import type { AugmentationKey } from "../augmentation.ts";

/** Two to the 32 over the golden ratio. */
const WEYL = 0x9e3779b9;

/**
 * The random numbers of one sample in one iteration: a hash of seed, iteration and row that goes on, so that no replica
 * needs a random stream's state.
 */
export class RowRandom {
  #hash: number;

  constructor({ seed, step }: AugmentationKey, row: number) {
    this.#hash = mixBits(mixBits(mixBits(mixBits(seed + WEYL) ^ step) ^ row) + 0x51ed270b);
  }

  /** A number in [low, high). */
  uniform(low = 0, high = 1): number {
    this.#hash = mixBits(this.#hash + WEYL);
    return low + ((this.#hash >>> 0) / 2 ** 32) * (high - low);
  }

  /** A whole number in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }
}
