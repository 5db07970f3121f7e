import { elementAt } from "../core/element_at.ts";
import { assertInRange, assertWholeNumber } from "../core/errors/errors.ts";
import { mixBits } from "../core/random_stream.ts";
import type { DropoutKey } from "./engine.ts";

/** Steps of a Weyl sequence: 2³² divided by the golden ratio, so that counters far apart differ in many bits. */
const GOLDEN_STEP = 0x9e3779b9;

/**
 * Fills a dropout mask: each element is 0 with odds `rate`, else 1/(1 − rate), so that y = x · mask keeps its mean.
 * Every engine uses these masks: equal keys, layers and lengths give equal masks, and a longer mask begins with the
 * shorter one. The odds are exact to 1/65,536. Srivastava et al. 2014, "Dropout" (JMLR 15), in the inverted form.
 * @param mask Overwritten. May lie in shared memory.
 * @param layerIndex Counts the model's dropout layers, in model order, from 0.
 * @throws {RangeError} If `rate` is not at least 0 and below 1, or an index is not a whole number of at least 0.
 */
export function fillDropoutMask(mask: Float32Array, rate: number, key: DropoutKey, layerIndex: number): void {
  assertInRange("fillDropoutMask", "rate", rate, { atLeast: 0, below: 1 });
  assertWholeNumber("fillDropoutMask", "layerIndex", layerIndex);
  if (rate === 0) {
    mask.fill(1);
    return;
  }
  const [first, second] = hashDropoutKey(key, layerIndex);
  fillFromKeys(mask, rate, first, second);
}

/**
 * Two words that depend on every part of a key and on the layer.
 * @throws {RangeError} If a part is not a whole number of at least 0.
 */
export function hashDropoutKey(key: DropoutKey, layerIndex: number): [number, number] {
  return [hashKey(key, layerIndex, 0x2545f491), hashKey(key, layerIndex, 0x68bc21eb)];
}

/**
 * A counter-based generator: murmur3's finaliser of a Weyl sequence, with a second key added halfway, since with one
 * alone all masks would be windows of a single sequence of 2³² words. The mask is written as the bits of its floats
 * and without a branch: at a rate of one half a branch would be mispredicted every second time.
 */
function fillFromKeys(mask: Float32Array, rate: number, first: number, second: number): void {
  const bits = new Int32Array(mask.buffer, mask.byteOffset, mask.length);
  const keep = elementAt(new Int32Array(Float32Array.of(1 / (1 - rate)).buffer), 0);
  const lastDropped = Math.round(rate * 65536) - 1;
  let counter = first;
  let i = 0;
  while (i < bits.length) {
    let h = counter;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = (h ^ (h >>> 13)) + second;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    // A difference below 0 (the half word is above the threshold) becomes all ones, any other all zeros.
    bits[i] = keep & ((lastDropped - (h & 0xffff)) >> 31);
    // Past the end of a mask of odd length, typed arrays ignore what is written.
    bits[i + 1] = keep & ((lastDropped - (h >>> 16)) >> 31);
    counter = (counter + GOLDEN_STEP) | 0;
    i += 2;
  }
}

/** Folds the key's numbers into one word, high and low halves of the seed and step apart. */
function hashKey(key: DropoutKey, layerIndex: number, start: number): number {
  let hash = start;
  for (const part of [key.seed, key.step, key.shard, layerIndex]) {
    assertWholeNumber("fillDropoutMask", "every part of the key", part);
    hash = mixBits(Math.imul(hash, 5) ^ part);
    hash = mixBits(Math.imul(hash, 5) + Math.floor(part / 2 ** 32) + GOLDEN_STEP);
  }
  return hash;
}
