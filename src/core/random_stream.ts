import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { assertWholeNumber, describeValue, RangeRefusal } from "./errors/errors.ts";
import { findOrCreate } from "./find_or_create.ts";
import { objectLike } from "./options/value_rules.ts";

/** The rule of an option that is a random stream. */
export const RANDOM_STREAM_RULE = objectLike("a RandomStream", "uniform", "permutation");

/**
 * One named stream of random numbers. Streams of one seed are independent, so a new consumer with a name of its own
 * changes no other draw. xoroshiro128+ (Blackman and Vigna 2018, arXiv:1805.01407).
 */
export class RandomStream {
  readonly name: string;
  readonly #seed: number;
  #generator: ReturnType<typeof xoroshiro128plus>;

  /** @throws {RangeError} If the seed is not a whole number of at least 0. */
  constructor(seed: number, name: string) {
    assertWholeNumber("RandomStream", "seed", seed);
    this.name = name;
    this.#seed = hashSeed(seed, name);
    this.#generator = xoroshiro128plus(this.#seed);
  }

  /** A whole number in [0, limit). */
  integer(limit: number): number {
    return uniformInt(this.#generator, 0, limit - 1);
  }

  /** A number in [0, 1). */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** A draw from the standard normal distribution (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The numbers 0 … length − 1 in random order. The caller owns the result. */
  permutation(length: number): Int32Array<ArrayBuffer> {
    const order = new Int32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** Shuffles in place (Fisher and Yates) and returns its argument. */
  shuffle<Values extends Int32Array | number[]>(values: Values): Values {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = held;
    }
    return values;
  }

  /** What `restore` needs to go on from here: four int32 words. */
  save(): number[] {
    return [...this.#generator.getState()];
  }

  /**
   * Goes on from where `save` was called.
   * @throws {RangeRefusal} If it is no such state: zeros alone would give the same number for ever.
   */
  restore(state: readonly number[]): void {
    const isWhole =
      state.length === 4 && state.every((word) => (word | 0) === word) && state.some((word) => word !== 0);
    if (!isWhole) throw new RangeRefusal(`a random stream's state must be four int32, got ${describeValue(state)}`);
    this.#generator = xoroshiro128plusFromState(state);
  }

  /** Starts anew, as if nothing had been drawn. */
  rewind(): void {
    this.#generator = xoroshiro128plus(this.#seed);
  }
}

/** All streams of one run: each name gets its stream at first use. */
export class RandomStreams {
  readonly seed: number;
  readonly #streams = new Map<string, RandomStream>();

  constructor(seed: number) {
    assertWholeNumber("RandomStreams", "seed", seed);
    this.seed = seed;
  }

  /** The stream of that name; the same object at every call. */
  get(name: string): RandomStream {
    return findOrCreate(this.#streams, name, () => new RandomStream(this.seed, name));
  }

  /** Every stream's state by name. */
  save(): Record<string, number[]> {
    return Object.fromEntries([...this.#streams].map(([name, stream]) => [name, stream.save()]));
  }

  /** Restores streams by name, in place: who holds one goes on with it. Those not named start anew. */
  restore(states: Readonly<Record<string, readonly number[]>>): void {
    for (const stream of this.#streams.values()) stream.rewind();
    for (const [name, state] of Object.entries(states)) this.get(name).restore(state);
  }
}

/** FNV-1a over the seed's words and the name, finished with murmur3's mixer. */
export function hashSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  const feed = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (let word = seed, i = 0; i < 7; i++, word = Math.floor(word / 256)) feed(word & 255);
  for (let i = 0; i < name.length; i++) feed(name.charCodeAt(i) & 255);
  return mixBits(hash);
}

/** Murmur3's 32-bit finaliser: every input bit flips each output bit with odds near one half. */
export function mixBits(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
