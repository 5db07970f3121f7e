import { elementAt } from "../core/element_at.ts";
import { assertInRange, needs, RangeRefusal } from "../core/errors/errors.ts";
import { LEAST_ROOT } from "../core/vector.ts";
import { createHeldKernels, type HeldKernels } from "./held_memory.ts";
import { growMemory } from "./matrix_memory.ts";

/** Columns that are added up in float32, as in `assembly/held_kernels.ts`. Rows are filled up to whole pieces. */
const PIECE = 1024;
const PIECE_BYTES = PIECE * Float32Array.BYTES_PER_ELEMENT;
/** From one row to the next in a piece, as there. */
const ROW_BYTES = PIECE_BYTES + 64;
/** Rows are computed by fours. */
const ROWS = 4;
/** Pieces of a vector that are brought to the kernels at a time: they stay in the cache. */
const CHUNK = 16;
const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Of one WebAssembly memory. Vectors that need more are divided among several. */
const MAX_BYTES = 2 ** 30;
/** A vector whose largest |value| has an exponent in this range is held as it is. */
const EXPONENTS = { least: -30, largest: 50 } as const;
/** Powers of two between the inverses of which float32 has normal numbers, too. */
const MAX_SHIFT = 126;

/**
 * Vectors [N, P] in the memory of kernels, which are multiplied with one another and added up there. Products are those
 * of float32 numbers, added up in float32 for 1,024 columns at a time, and in double precision from there on: they are
 * exact to about 1e-7 of the vectors' lengths, and at worst to 260 · 2⁻²⁴ of Σ|xᵢyᵢ|.
 *
 * A vector of very large or very small values is held as its product with a power of two, which is exact. Values nearer
 * to 0 than 2⁻³³ of the largest may be held as 0 (those below 2⁻⁶³): so no product is a subnormal number, and none
 * overflows. Results do not show the power.
 */
export class ScaledVectors {
  readonly #maxBytes: number;
  #count = 0;
  #length = 0;
  #blocks: readonly Block[] = [];
  /** What each vector was multiplied with. */
  #factors = new Float64Array(0);

  /** @param maxBytes Of one WebAssembly memory. Default: 1 GiB. */
  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Makes room for `count` vectors of that length, all 0. Where there is such room, everything stays as it is. */
  reserve(count: number, length: number): void {
    if (count === this.#count && length === this.#length) return;
    const rows = Math.ceil(count / ROWS) * ROWS;
    const pieces = Math.ceil(length / PIECE);
    const each = Math.max(1, Math.floor(this.#maxBytes / (rows * ROW_BYTES)));
    const blocks = Array.from({ length: Math.ceil(pieces / each) }, (_, i) => {
      const columns = { start: i * each * PIECE, end: Math.min(length, (i + 1) * each * PIECE) };
      return createBlock(this.#blocks[i]?.kernels ?? createHeldKernels(), rows, columns);
    });
    this.#blocks = blocks;
    this.#factors = new Float64Array(rows).fill(1);
    this.#count = count;
    this.#length = length;
  }

  /**
   * Copies a vector [P] to a place.
   * @returns Its largest |value|; NaN if a value is none.
   * @throws {RangeError} If there is no such place, or the vector has another length.
   */
  hold(place: number, vector: Float32Array): number {
    this.#assertPlace("hold", place);
    this.#assertLength(vector);
    const largest = this.#scatter(place, vector, 1);
    const factor = chooseFactor(largest);
    if (factor !== 1) this.#scatter(place, vector, factor);
    this.#factors[place] = factor;
    return largest;
  }

  /**
   * The product of two vectors in double precision.
   * @throws {RangeError} If there is no such place.
   */
  multiply(first: number, second: number): number {
    for (const place of [first, second]) this.#assertPlace("multiply", place);
    let sum = 0;
    for (const { kernels, rows, pieces } of this.#blocks) {
      sum += kernels.functions.multiplyRows(first * ROW_BYTES, second * ROW_BYTES, pieces, rows * ROW_BYTES);
    }
    return this.#unscale(sum, first, second);
  }

  /** The products of all pairs of vectors, row-major [N, N]. The caller owns the result. */
  computeGram(): Float64Array<ArrayBuffer> {
    const count = this.#count;
    const rows = this.#factors.length;
    const sums = new Float64Array(rows * rows);
    for (const { kernels, pieces, places } of this.#blocks) {
      const own = new Float64Array(kernels.memory.buffer, places.sums, sums.length);
      own.set(sums);
      kernels.functions.addGram(0, places.sums, rows, pieces);
      sums.set(own);
    }
    const gram = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = i; j < count; j++) {
        const product = this.#unscale(elementAt(sums, i * rows + j), i, j);
        gram[i * count + j] = product;
        gram[j * count + i] = product;
      }
    }
    return gram;
  }

  /**
   * target += the sum of the first vectors, each multiplied with its factor: four vectors at a time in float32, in
   * double precision from there on, and rounded once. Tiny sums are flushed to 0.
   * @param factors One for each of the first vectors.
   * @throws {RangeError} If the target has another length.
   */
  addTo(target: Float32Array, factors: readonly number[]): void {
    this.#assertLength(target);
    const own = this.#factors.map((factor, i) => (factors[i] ?? 0) / factor);
    const scaled = scaleByFours(own);
    for (const block of this.#blocks) {
      const { kernels, rows, places } = block;
      new Float64Array(kernels.memory.buffer, places.factors, scaled.length).set(scaled);
      forEachChunk(block, (piece, pieces, staged) => {
        const columns = bring(staged, target, block.start + piece * PIECE);
        kernels.functions.addRows(
          piece * rows * ROW_BYTES,
          places.factors,
          places.staged,
          places.scratch,
          rows,
          pieces,
        );
        columns.set(staged.subarray(0, columns.length));
      });
    }
  }

  /** Writes a vector to a place, scaled; the largest |value| before. */
  #scatter(place: number, vector: Float32Array, factor: number): number {
    const least = readBits(LEAST_ROOT / factor) - 1;
    let largest = 0;
    for (const block of this.#blocks) {
      const { kernels, rows, places } = block;
      const step = rows * ROW_BYTES;
      forEachChunk(block, (piece, pieces, staged) => {
        bring(staged, vector, block.start + piece * PIECE);
        const row = piece * step + place * ROW_BYTES;
        largest = Math.max(largest, kernels.functions.scatterRow(places.staged, row, pieces, step, factor, least));
      });
    }
    return readValue(largest);
  }

  #unscale(product: number, first: number, second: number): number {
    return product / elementAt(this.#factors, first) / elementAt(this.#factors, second);
  }

  #assertPlace(act: string, place: number): void {
    assertInRange(act, "place", place, { atLeast: 0, below: this.#count });
  }

  #assertLength({ length }: Float32Array): void {
    if (length !== this.#length) {
      throw new RangeRefusal(needs("vectors held", `one of their length, ${this.#length}`, length));
    }
  }
}

/** Columns `start` to `end` (not included) of all vectors, in one memory: piece by piece, and row by row in a piece. */
interface Block {
  readonly kernels: HeldKernels;
  readonly start: number;
  readonly end: number;
  readonly pieces: number;
  /** Those that fill up a four included. */
  readonly rows: number;
  /** In bytes: of a chunk as it came, of a piece in double precision, of factors with scales, and of [rows, rows]. */
  readonly places: Readonly<Record<"staged" | "scratch" | "factors" | "sums", number>>;
}

function createBlock(kernels: HeldKernels, rows: number, { start, end }: Pick<Block, "start" | "end">): Block {
  const pieces = Math.ceil((end - start) / PIECE);
  const staged = pieces * rows * ROW_BYTES;
  const scratch = staged + CHUNK * PIECE_BYTES;
  const factors = scratch + PIECE * DOUBLE_BYTES;
  const sums = factors + (rows + rows / ROWS + ((rows / ROWS) % 2)) * DOUBLE_BYTES;
  const bytes = sums + rows * rows * DOUBLE_BYTES;
  growMemory(kernels.memory, bytes);
  // Rows and columns that fill up whole fours and pieces stay 0.
  new Uint8Array(kernels.memory.buffer, 0, bytes).fill(0);
  return { kernels, start, end, pieces, rows, places: { staged, scratch, factors, sums } };
}

/** Goes through a block; `staged` is room for the columns of a chunk, of whole pieces. */
function forEachChunk(
  { kernels, pieces, places }: Block,
  work: (piece: number, pieces: number, staged: Float32Array) => void,
): void {
  for (let piece = 0; piece < pieces; piece += CHUNK) {
    const count = Math.min(CHUNK, pieces - piece);
    work(piece, count, new Float32Array(kernels.memory.buffer, places.staged, count * PIECE));
  }
}

/** Copies a chunk's columns of a vector to where the kernels find them, and zeros behind the last. Returns them. */
function bring(staged: Float32Array, vector: Float32Array, start: number): Float32Array {
  const columns = vector.subarray(start, start + staged.length);
  staged.set(columns);
  staged.fill(0, columns.length);
  return columns;
}

/** A power of two that brings the largest |value| of a vector near 1, or 1 where that is not needed. */
function chooseFactor(largest: number): number {
  if (largest === 0 || !Number.isFinite(largest)) return 1;
  const exponent = Math.floor(Math.log2(largest));
  if (exponent >= EXPONENTS.least && exponent <= EXPONENTS.largest) return 1;
  return 2 ** -Math.max(-MAX_SHIFT, Math.min(MAX_SHIFT, exponent));
}

/** Factors [rows], each four of them divided by a power of two, and behind them those powers [rows / 4]. */
function scaleByFours(factors: Float64Array): Float64Array {
  const scaled = new Float64Array(factors.length + factors.length / ROWS);
  for (let start = 0; start < factors.length; start += ROWS) {
    const four = factors.subarray(start, start + ROWS);
    const largest = four.reduce((most, factor) => Math.max(most, Math.abs(factor)), 0);
    const scale = largest === 0 ? 1 : 2 ** Math.floor(Math.log2(largest));
    scaled.set(
      four.map((factor) => factor / scale),
      start,
    );
    scaled[factors.length + start / ROWS] = scale;
  }
  return scaled;
}

const word = new Int32Array(1);
const float = new Float32Array(word.buffer);

/** The bits of a number rounded to float32. */
function readBits(value: number): number {
  float[0] = value;
  return elementAt(word, 0);
}

function readValue(bits: number): number {
  word[0] = bits;
  return elementAt(float, 0);
}
