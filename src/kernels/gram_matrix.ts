import { reserveMatrixMemory } from "./matrix_memory.ts";

/** Columns that are computed at a time: those of some dozens of rows stay in the cache. A multiple of 4. */
const TILE = 512;
/** Rows are computed by fours. */
const ROWS = 4;

/**
 * The products of all pairs of vectors [P] in double precision, GGᵀ row-major [n, n], with the bits that `dot` gives
 * for each pair. Half of the pairs are computed: the matrix is symmetric. The caller owns the result.
 * @param vectors Borrowed; of one length.
 */
export function computeGram(vectors: readonly Float32Array[]): Float64Array<ArrayBuffer> {
  const n = vectors.length;
  const length = vectors[0]?.length ?? 0;
  const whole = length - (length % 4);
  const m = Math.ceil(n / ROWS) * ROWS;
  const [tileBytes, sumBytes] = [m * TILE * 4, m * m * 16];
  const [low, high, lowSums] = [tileBytes, 2 * tileBytes, 3 * tileBytes];
  const highSums = lowSums + sumBytes;
  const { memory, functions } = reserveMatrixMemory(highSums + sumBytes);
  const tile = new Float32Array(memory.buffer, 0, m * TILE).fill(0);
  const sums = new Float64Array(memory.buffer, lowSums, m * m * 4).fill(0);
  for (let start = 0; start < whole; start += TILE) {
    const width = Math.min(TILE, whole - start);
    // Rows that fill up a block of four stay 0, as they are the last.
    if (width < TILE) tile.fill(0);
    for (let i = 0; i < n; i++) tile.set(vectors[i]?.subarray(start, start + width) ?? [], i * width);
    functions.widenRows(0, low, high, m, width);
    functions.addGram(low, lowSums, m, width / 2);
    functions.addGram(high, highSums, m, width / 2);
  }
  return collectSums(sums, { n, m, rests: vectors.map((vector) => vector.subarray(whole)) });
}

/** Adds the four sums of each pair, and the columns behind the last four to the first of them, in `dot`'s order. */
function collectSums(
  sums: Float64Array,
  { n, m, rests }: { readonly n: number; readonly m: number; readonly rests: readonly Float32Array[] },
): Float64Array<ArrayBuffer> {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const at = 2 * (i * m + j);
      const behind = at + 2 * m * m;
      let first = sums[at] ?? 0;
      for (const [k, value] of (rests[i] ?? []).entries()) first += value * (rests[j]?.[k] ?? 0);
      const product = first + (sums[at + 1] ?? 0) + ((sums[behind] ?? 0) + (sums[behind + 1] ?? 0));
      gram[i * n + j] = product;
      gram[j * n + i] = product;
    }
  }
  return gram;
}
