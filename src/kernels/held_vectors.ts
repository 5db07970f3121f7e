import { assertInRange, needs, RangeRefusal } from "../core/errors/errors.ts";
import { createHeldKernels, type HeldKernels } from "./held_memory.ts";
import { growMemory } from "./matrix_memory.ts";

/** Vectors that can be given at a time: what is held is read from memory once for all of them. A multiple of 4. */
export const GIVEN_VECTORS = 8;
/** Vectors are filled up to whole pieces, with zeros: as in `assembly/held_kernels.ts`. */
const PIECE_BYTES = 1024 * Float32Array.BYTES_PER_ELEMENT;
/** Between vectors: the same places of several of them fall into different sets of the cache. */
const GAP_BYTES = 11 * 64;
const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** What a vector makes with the vectors held; owned by the caller. */
export interface HeldProducts {
  /** The product with each of them [N]. */
  readonly products: Float64Array;
  /** The product with itself. */
  readonly square: number;
}

/**
 * Vectors [N, P] in memory of their own, which meet many others, some at a time. Products are those of float32 numbers:
 * exact to about a millionth of the lengths.
 */
export class HeldVectors {
  #kernels: HeldKernels | undefined;
  #count = 0;
  #length = 0;

  /** Makes room for `count` vectors of that length, all 0; what was held and given before is forgotten. */
  reserve(count: number, length: number): void {
    this.#kernels ??= createHeldKernels();
    this.#count = count;
    this.#length = length;
    const { products, bytes } = this.#locate();
    growMemory(this.#kernels.memory, bytes);
    new Uint8Array(this.#kernels.memory.buffer, 0, products).fill(0);
  }

  /**
   * Copies a vector [P] to a place.
   * @throws {RangeError} If there is no such place, or the vector has another length.
   */
  hold(place: number, vector: Float32Array): void {
    assertInRange("hold", "place", place, { atLeast: 0, below: this.#count });
    this.#write(this.#locate().held, place, vector);
  }

  /**
   * Copies a vector [P] to a place among those that `multiply` takes.
   * @throws {RangeError} If there is no such place, or the vector has another length.
   */
  give(place: number, vector: Float32Array): void {
    assertInRange("give", "place", place, { atLeast: 0, below: GIVEN_VECTORS });
    this.#write(this.#locate().given, place, vector);
  }

  /** What each of the first `count` vectors given makes with those held. */
  multiply(count: number): HeldProducts[] {
    const { given, held, products, squares, width, pieces, stride, bytes } = this.#locate();
    const { memory, functions } = this.#require(this.#length);
    const sums = new Float64Array(memory.buffer, products, (bytes - products) / DOUBLE_BYTES).fill(0);
    functions.addProducts(given, held, products, GIVEN_VECTORS, width, pieces, stride);
    functions.addSquares(given, squares, GIVEN_VECTORS, pieces, stride);
    return Array.from({ length: count }, (_, i) => ({
      products: sums.slice(i * width, i * width + this.#count),
      square: sums[GIVEN_VECTORS * width + i] ?? 0,
    }));
  }

  #write(address: number, place: number, vector: Float32Array): void {
    const { memory } = this.#require(vector.length);
    new Float32Array(memory.buffer, address + place * this.#locate().stride, vector.length).set(vector);
  }

  #require(length: number): HeldKernels {
    if (!this.#kernels || length !== this.#length) {
      throw new RangeRefusal(needs("vectors held", `one of their length, ${this.#length}`, length));
    }
    return this.#kernels;
  }

  /** Places in the memory, in bytes: of the vectors held, of those given, of the products and of the squares. */
  #locate() {
    const pieces = Math.ceil((this.#length * Float32Array.BYTES_PER_ELEMENT) / PIECE_BYTES);
    const stride = pieces * PIECE_BYTES + GAP_BYTES;
    const width = this.#count + (this.#count % 2);
    const given = width * stride;
    const products = given + GIVEN_VECTORS * stride;
    const squares = products + GIVEN_VECTORS * width * DOUBLE_BYTES;
    return { held: 0, given, products, squares, width, pieces, stride, bytes: squares + GIVEN_VECTORS * DOUBLE_BYTES };
  }
}
