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
