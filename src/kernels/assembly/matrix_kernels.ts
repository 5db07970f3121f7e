/**
 * The arithmetic of matrices as WebAssembly with 128-bit SIMD, in AssemblyScript; `bun run build:kernels` compiles it
 * to `matrix_kernels_wasm.ts`. Matrices are addresses of float64 values, row-major and aligned to 16 bytes.
 */

/** Bytes of two float64 values. */
const LANES: usize = 16;
/** Rows of b that stay in the cache while all rows of a pass. */
const TILE: usize = 32;

function addHalves(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/**
 * product ← a · bᵀ, [m, n], of a [m, k] and b [n, k]. m is a multiple of 2, n of 4, and k of 2. Two rows of a meet four
 * of b at a time: every value read is used several times, and no sum waits for the one before.
 */
export function multiplyByTransposed(a: usize, b: usize, product: usize, m: usize, n: usize, k: usize): void {
  const width = k << 3;
  for (let tile: usize = 0; tile < n; tile += TILE) {
    const tileEnd = min(tile + TILE, n);
    for (let i: usize = 0; i < m; i += 2) {
      const upper = a + i * width;
      const lower = upper + width;
      for (let j = tile; j < tileEnd; j += 4) {
        const first = b + j * width;
        let u0 = f64x2.splat(0);
        let u1 = u0;
        let u2 = u0;
        let u3 = u0;
        let l0 = u0;
        let l1 = u0;
        let l2 = u0;
        let l3 = u0;
        for (let at: usize = 0; at < width; at += LANES) {
          const x = v128.load(upper + at);
          const y = v128.load(lower + at);
          const column = first + at;
          const b0 = v128.load(column);
          const b1 = v128.load(column + width);
          const b2 = v128.load(column + 2 * width);
          const b3 = v128.load(column + 3 * width);
          u0 = f64x2.add(u0, f64x2.mul(x, b0));
          u1 = f64x2.add(u1, f64x2.mul(x, b1));
          u2 = f64x2.add(u2, f64x2.mul(x, b2));
          u3 = f64x2.add(u3, f64x2.mul(x, b3));
          l0 = f64x2.add(l0, f64x2.mul(y, b0));
          l1 = f64x2.add(l1, f64x2.mul(y, b1));
          l2 = f64x2.add(l2, f64x2.mul(y, b2));
          l3 = f64x2.add(l3, f64x2.mul(y, b3));
        }
        const row = product + ((i * n + j) << 3);
        f64.store(row, addHalves(u0));
        f64.store(row + 8, addHalves(u1));
        f64.store(row + 16, addHalves(u2));
        f64.store(row + 24, addHalves(u3));
        const next = row + (n << 3);
        f64.store(next, addHalves(l0));
        f64.store(next + 8, addHalves(l1));
        f64.store(next + 16, addHalves(l2));
        f64.store(next + 24, addHalves(l3));
      }
    }
  }
}

/**
 * Rows of float32 values [m, k] in double precision, each four of them apart: the first two of every four to `low`, the
 * others to `high`, both [m, k / 2]. k is a multiple of 4.
 */
export function widenRows(rows: usize, low: usize, high: usize, m: usize, k: usize): void {
  const bytes = (m * k) << 2;
  for (let at: usize = 0; at < bytes; at += LANES) {
    const four = v128.load(rows + at);
    v128.store(low + at, f64x2.promote_low_f32x4(four));
    v128.store(high + at, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3)));
  }
}

/**
 * sums += the products of all pairs of rows [m, k], for the pairs on the diagonal and above it (some below, too); each
 * of the sums [m, m] is two, of the even and of the odd columns. m is a multiple of 4, and k of 2.
 */
export function addGram(rows: usize, sums: usize, m: usize, k: usize): void {
  const width = k << 3;
  const line = m << 4;
  for (let i: usize = 0; i < m; i += 2) {
    const upper = rows + i * width;
    const lower = upper + width;
    for (let j = i & ~3; j < m; j += 4) {
      const first = rows + j * width;
      const sum = sums + i * line + (j << 4);
      const next = sum + line;
      let u0 = v128.load(sum);
      let u1 = v128.load(sum + 16);
      let u2 = v128.load(sum + 32);
      let u3 = v128.load(sum + 48);
      let l0 = v128.load(next);
      let l1 = v128.load(next + 16);
      let l2 = v128.load(next + 32);
      let l3 = v128.load(next + 48);
      for (let at: usize = 0; at < width; at += LANES) {
        const x = v128.load(upper + at);
        const y = v128.load(lower + at);
        const column = first + at;
        const b0 = v128.load(column);
        const b1 = v128.load(column + width);
        const b2 = v128.load(column + 2 * width);
        const b3 = v128.load(column + 3 * width);
        u0 = f64x2.add(u0, f64x2.mul(x, b0));
        u1 = f64x2.add(u1, f64x2.mul(x, b1));
        u2 = f64x2.add(u2, f64x2.mul(x, b2));
        u3 = f64x2.add(u3, f64x2.mul(x, b3));
        l0 = f64x2.add(l0, f64x2.mul(y, b0));
        l1 = f64x2.add(l1, f64x2.mul(y, b1));
        l2 = f64x2.add(l2, f64x2.mul(y, b2));
        l3 = f64x2.add(l3, f64x2.mul(y, b3));
      }
      v128.store(sum, u0);
      v128.store(sum + 16, u1);
      v128.store(sum + 32, u2);
      v128.store(sum + 48, u3);
      v128.store(next, l0);
      v128.store(next + 16, l1);
      v128.store(next + 32, l2);
      v128.store(next + 48, l3);
    }
  }
}

/** Bytes of a piece of a vector: 1,024 values, as in `held_vectors.ts`. */
const PIECE_BYTES: usize = 4096;

/** The four sums of products of float32 values, in double precision, added to the sum at `place`. */
function addQuarters(place: usize, sums: v128): void {
  const halves = f64x2.add(
    f64x2.promote_low_f32x4(sums),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(sums, sums, 2, 3, 2, 3)),
  );
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
