/**
 * The arithmetic of vectors that are held, as WebAssembly with 128-bit SIMD, in AssemblyScript; `bun run build:kernels`
 * compiles it to `held_kernels_wasm.ts`. Vectors are rows of whole pieces of float32 values, filled up with zeros, and
 * addresses are aligned to 16 bytes.
 */

/** Bytes of four float32 values. */
const LANES: usize = 16;
/** Bytes of a piece of a vector: 1,024 values, as in `held_vectors.ts` and `scaled_vectors.ts`. */
const PIECE_BYTES: usize = 4096;

/** The nearest to 0 that a sum may be: 2⁻¹⁰⁰, as in `core/vector.ts`. */
const TINY: f64 = 7.888609052210118e-31;

/** The last two of four values in double precision. */
function promoteHigh(four: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3));
}

function addHalves(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** The four sums of products of float32 values, in double precision, added to the sum at `place`. */
function addQuarters(place: usize, sums: v128): void {
  const halves = f64x2.add(f64x2.promote_low_f32x4(sums), promoteHigh(sums));
  f64.store(place, f64.load(place) + addHalves(halves));
}

/**
 * products += a · bᵀ, [m, n], of rows of whole pieces of float32 values, `stride` bytes apart. m is a multiple of 4,
 * and n of 2. Products are added up in float32 within a piece, and in double precision from there on.
 */
export function addProducts(
  a: usize,
  b: usize,
  products: usize,
  m: usize,
  n: usize,
  pieces: usize,
  stride: usize,
): void {
  for (let p: usize = 0; p < pieces; p++) {
    for (let i: usize = 0; i < m; i += 4) {
      const rows = a + i * stride + p * PIECE_BYTES;
      for (let j: usize = 0; j < n; j += 2) {
        const columns = b + j * stride + p * PIECE_BYTES;
        let u0 = f32x4.splat(0);
        let u1 = u0;
        let u2 = u0;
        let u3 = u0;
        let l0 = u0;
        let l1 = u0;
        let l2 = u0;
        let l3 = u0;
        for (let at: usize = 0; at < PIECE_BYTES; at += LANES) {
          const x = v128.load(columns + at);
          const y = v128.load(columns + at + stride);
          const row = rows + at;
          const a0 = v128.load(row);
          const a1 = v128.load(row + stride);
          const a2 = v128.load(row + 2 * stride);
          const a3 = v128.load(row + 3 * stride);
          u0 = f32x4.add(u0, f32x4.mul(x, a0));
          u1 = f32x4.add(u1, f32x4.mul(x, a1));
          u2 = f32x4.add(u2, f32x4.mul(x, a2));
          u3 = f32x4.add(u3, f32x4.mul(x, a3));
          l0 = f32x4.add(l0, f32x4.mul(y, a0));
          l1 = f32x4.add(l1, f32x4.mul(y, a1));
          l2 = f32x4.add(l2, f32x4.mul(y, a2));
          l3 = f32x4.add(l3, f32x4.mul(y, a3));
        }
        const line = n << 3;
        const place = products + ((i * n + j) << 3);
        addQuarters(place, u0);
        addQuarters(place + line, u1);
        addQuarters(place + 2 * line, u2);
        addQuarters(place + 3 * line, u3);
        addQuarters(place + 8, l0);
        addQuarters(place + line + 8, l1);
        addQuarters(place + 2 * line + 8, l2);
        addQuarters(place + 3 * line + 8, l3);
      }
    }
  }
}

/** squares += the squared lengths [m] of such rows, added up like products. */
export function addSquares(a: usize, squares: usize, m: usize, pieces: usize, stride: usize): void {
  for (let i: usize = 0; i < m; i++) {
    for (let p: usize = 0; p < pieces; p++) {
      const row = a + i * stride + p * PIECE_BYTES;
      let first = f32x4.splat(0);
      let second = first;
      for (let at: usize = 0; at < PIECE_BYTES; at += 2 * LANES) {
        const x = v128.load(row + at);
        const y = v128.load(row + at + LANES);
        first = f32x4.add(first, f32x4.mul(x, x));
        second = f32x4.add(second, f32x4.mul(y, y));
      }
      addQuarters(squares + (i << 3), first);
      addQuarters(squares + (i << 3), second);
    }
  }
}

/** From one row to the next in a piece, as in `scaled_vectors.ts`: not all fall into the same sets of the cache. */
const ROW_BYTES: usize = 4160;
const ROW_2: usize = 2 * ROW_BYTES;
const ROW_3: usize = 3 * ROW_BYTES;

/**
 * Writes values · factor to a row whose pieces are `step` bytes apart, 0 for values nearer to 0 than `least`.
 * @param least As the bits of a float32, less 1.
 * @returns The bits of the largest |value|, which have the order of integers; those of NaN are the largest.
 */
export function scatterRow(values: usize, row: usize, pieces: usize, step: usize, factor: f32, least: i32): i32 {
  const factors = f32x4.splat(factor);
  const leasts = i32x4.splat(least);
  const magnitude = i32x4.splat(0x7fffffff);
  let largest = i32x4.splat(0);
  for (let p: usize = 0; p < pieces; p++) {
    const from = values + p * PIECE_BYTES;
    const to = row + p * step;
    for (let at: usize = 0; at < PIECE_BYTES; at += LANES) {
      const x = v128.load(from + at);
      const bits = v128.and(x, magnitude);
      largest = i32x4.max_s(largest, bits);
      v128.store(to + at, f32x4.mul(v128.and(x, i32x4.gt_s(bits, leasts)), factors));
    }
  }
  const halves = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
  return max(i32x4.extract_lane(halves, 0), i32x4.extract_lane(halves, 1));
}

/** The product of two such rows in double precision. */
export function multiplyRows(a: usize, b: usize, pieces: usize, step: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (let p: usize = 0; p < pieces; p++) {
    const first = a + p * step;
    const second = b + p * step;
    for (let at: usize = 0; at < PIECE_BYTES; at += LANES) {
      const x = v128.load(first + at);
      const y = v128.load(second + at);
      low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
      high = f64x2.add(high, f64x2.mul(promoteHigh(x), promoteHigh(y)));
    }
  }
  return addHalves(f64x2.add(low, high));
}

/**
 * sums [n, n] += the products of all pairs of such rows, for the pairs on the diagonal and above it. n is a multiple of
 * 4. Products are added up in float32 within a piece, and in double precision from there on.
 */
export function addGram(rows: usize, sums: usize, n: usize, pieces: usize): void {
  const step = n * ROW_BYTES;
  const line = n << 3;
  for (let p: usize = 0; p < pieces; p++) {
    const piece = rows + p * step;
    for (let i: usize = 0; i < n; i += 4) {
      const a = piece + i * ROW_BYTES;
      const place = sums + i * line;
      addTriangle(a, place + (i << 3), line);
      for (let j = i + 4; j < n; j += 2) addTile(a, piece + j * ROW_BYTES, place + (j << 3), line);
    }
  }
}

/** Of four rows with one another. */
function addTriangle(a: usize, place: usize, line: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s02 = s00;
  let s03 = s00;
  let s11 = s00;
  let s12 = s00;
  let s13 = s00;
  let s22 = s00;
  let s23 = s00;
  let s33 = s00;
  const end = a + PIECE_BYTES;
  for (let at = a; at < end; at += LANES) {
    const a0 = v128.load(at);
    const a1 = v128.load(at, ROW_BYTES);
    s00 = f32x4.add(s00, f32x4.mul(a0, a0));
    s01 = f32x4.add(s01, f32x4.mul(a0, a1));
    s11 = f32x4.add(s11, f32x4.mul(a1, a1));
    const a2 = v128.load(at, ROW_2);
    s02 = f32x4.add(s02, f32x4.mul(a0, a2));
    s12 = f32x4.add(s12, f32x4.mul(a1, a2));
    s22 = f32x4.add(s22, f32x4.mul(a2, a2));
    const a3 = v128.load(at, ROW_3);
    s03 = f32x4.add(s03, f32x4.mul(a0, a3));
    s13 = f32x4.add(s13, f32x4.mul(a1, a3));
    s23 = f32x4.add(s23, f32x4.mul(a2, a3));
    s33 = f32x4.add(s33, f32x4.mul(a3, a3));
  }
  addQuarters(place, s00);
  addQuarters(place + 8, s01);
  addQuarters(place + 16, s02);
  addQuarters(place + 24, s03);
  addQuarters(place + line + 8, s11);
  addQuarters(place + line + 16, s12);
  addQuarters(place + line + 24, s13);
  addQuarters(place + 2 * line + 16, s22);
  addQuarters(place + 2 * line + 24, s23);
  addQuarters(place + 3 * line + 24, s33);
}

/** Of four rows with two others. */
function addTile(a: usize, b: usize, place: usize, line: usize): void {
  let u0 = f32x4.splat(0);
  let u1 = u0;
  let u2 = u0;
  let u3 = u0;
  let l0 = u0;
  let l1 = u0;
  let l2 = u0;
  let l3 = u0;
  const end = a + PIECE_BYTES;
  const ahead = b - a;
  for (let at = a; at < end; at += LANES) {
    const x = v128.load(at + ahead);
    const y = v128.load(at + ahead, ROW_BYTES);
    const a0 = v128.load(at);
    u0 = f32x4.add(u0, f32x4.mul(x, a0));
    l0 = f32x4.add(l0, f32x4.mul(y, a0));
    const a1 = v128.load(at, ROW_BYTES);
    u1 = f32x4.add(u1, f32x4.mul(x, a1));
    l1 = f32x4.add(l1, f32x4.mul(y, a1));
    const a2 = v128.load(at, ROW_2);
    u2 = f32x4.add(u2, f32x4.mul(x, a2));
    l2 = f32x4.add(l2, f32x4.mul(y, a2));
    const a3 = v128.load(at, ROW_3);
    u3 = f32x4.add(u3, f32x4.mul(x, a3));
    l3 = f32x4.add(l3, f32x4.mul(y, a3));
  }
  addQuarters(place, u0);
  addQuarters(place + line, u1);
  addQuarters(place + 2 * line, u2);
  addQuarters(place + 3 * line, u3);
  addQuarters(place + 8, l0);
  addQuarters(place + line + 8, l1);
  addQuarters(place + 2 * line + 8, l2);
  addQuarters(place + 3 * line + 8, l3);
}

/**
 * target += the sum of such rows, each multiplied with its factor. Fours of rows are added up in float32; they are
 * multiplied with their scale and added up in double precision. Sums nearer to 0 than TINY become 0.
 * @param target Whole pieces of float32 values.
 * @param factors [n] of float64, and behind them the scales [n / 4].
 * @param scratch Room for a piece of float64.
 */
export function addRows(rows: usize, factors: usize, target: usize, scratch: usize, n: usize, pieces: usize): void {
  const scales = factors + (n << 3);
  for (let p: usize = 0; p < pieces; p++) {
    memory.fill(scratch, 0, 2 * PIECE_BYTES);
    for (let i: usize = 0; i < n; i += 4) {
      addFour(rows + (p * n + i) * ROW_BYTES, factors + (i << 3), scales + (i << 1), scratch);
    }
    addRounded(target + p * PIECE_BYTES, scratch);
  }
}

/** sums += a piece of four rows, each multiplied with its factor. */
function addFour(a: usize, factors: usize, place: usize, sums: usize): void {
  const f0 = f32x4.splat(<f32>f64.load(factors));
  const f1 = f32x4.splat(<f32>f64.load(factors, 8));
  const f2 = f32x4.splat(<f32>f64.load(factors, 16));
  const f3 = f32x4.splat(<f32>f64.load(factors, 24));
  const scale = v128.load64_splat(place);
  const end = a + PIECE_BYTES;
  let to = sums;
  for (let at = a; at < end; at += LANES, to += 2 * LANES) {
    const four = f32x4.add(
      f32x4.add(f32x4.mul(f0, v128.load(at)), f32x4.mul(f1, v128.load(at, ROW_BYTES))),
      f32x4.add(f32x4.mul(f2, v128.load(at, ROW_2)), f32x4.mul(f3, v128.load(at, ROW_3))),
    );
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(scale, f64x2.promote_low_f32x4(four))));
    v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(scale, promoteHigh(four))), 16);
  }
}

/** target += sums, of a piece. */
function addRounded(target: usize, sums: usize): void {
  const tiny = f64x2.splat(TINY);
  let from = sums;
  for (let at: usize = 0; at < PIECE_BYTES; at += LANES, from += 2 * LANES) {
    const x = v128.load(target + at);
    const low = f64x2.add(f64x2.promote_low_f32x4(x), v128.load(from));
    const high = f64x2.add(promoteHigh(x), v128.load(from, 16));
    const lowKept = v128.andnot(low, f64x2.lt(f64x2.abs(low), tiny));
    const highKept = v128.andnot(high, f64x2.lt(f64x2.abs(high), tiny));
    const rounded = v128.shuffle<f32>(f32x4.demote_f64x2_zero(lowKept), f32x4.demote_f64x2_zero(highKept), 0, 1, 4, 5);
    v128.store(target + at, rounded);
  }
}
