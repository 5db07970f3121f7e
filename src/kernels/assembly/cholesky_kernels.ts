/**
 * The Cholesky factorization and the solution of triangular systems as WebAssembly with 128-bit SIMD, in
 * AssemblyScript; `bun run build:kernels` compiles it to `cholesky_kernels_wasm.ts`. Matrices are addresses of float64
 * values, row-major. Their orders and strides are multiples of 8.
 */

/** Columns that are finished before those behind them hear of it: one product does for all of them. */
const PANEL: usize = 128;
/** Columns of a panel that are eliminated one by one. */
const STRIP: usize = 8;
/** Rows that stay in the cache while all others pass. */
const TILE: usize = 32;

function addHalves(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

function subtractAt(address: usize, sums: v128): void {
  f64.store(address, f64.load(address) - addHalves(sums));
}

/**
 * c ← c − a · bᵀ, [m, n], of a [m, k] and b [n, k]; m is a multiple of 2, n of 4, k of 2, `…Step` are the bytes from
 * row to row. Two rows of a meet four of b at a time.
 */
function subtractByTransposed(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  m: usize,
  n: usize,
  k: usize,
): void {
  const width = k << 3;
  for (let tile: usize = 0; tile < n; tile += TILE) {
    const tileEnd = min(tile + TILE, n);
    for (let i: usize = 0; i < m; i += 2) {
      const upper = a + i * aStep;
      const lower = upper + aStep;
      for (let j = tile; j < tileEnd; j += 4) {
        const first = b + j * bStep;
        const second = first + bStep;
        const third = second + bStep;
        const fourth = third + bStep;
        let u0 = f64x2.splat(0);
        let u1 = u0;
        let u2 = u0;
        let u3 = u0;
        let l0 = u0;
        let l1 = u0;
        let l2 = u0;
        let l3 = u0;
        for (let at: usize = 0; at < width; at += 16) {
          const x = v128.load(upper + at);
          const y = v128.load(lower + at);
          const b0 = v128.load(first + at);
          const b1 = v128.load(second + at);
          const b2 = v128.load(third + at);
          const b3 = v128.load(fourth + at);
          u0 = f64x2.add(u0, f64x2.mul(x, b0));
          u1 = f64x2.add(u1, f64x2.mul(x, b1));
          u2 = f64x2.add(u2, f64x2.mul(x, b2));
          u3 = f64x2.add(u3, f64x2.mul(x, b3));
          l0 = f64x2.add(l0, f64x2.mul(y, b0));
          l1 = f64x2.add(l1, f64x2.mul(y, b1));
          l2 = f64x2.add(l2, f64x2.mul(y, b2));
          l3 = f64x2.add(l3, f64x2.mul(y, b3));
        }
        const row = c + i * cStep + (j << 3);
        subtractAt(row, u0);
        subtractAt(row + 8, u1);
        subtractAt(row + 16, u2);
        subtractAt(row + 24, u3);
        const next = row + cStep;
        subtractAt(next, l0);
        subtractAt(next + 8, l1);
        subtractAt(next + 16, l2);
        subtractAt(next + 24, l3);
      }
    }
  }
}

/** c ← c − a · b, [m, n], of a [m, k] and b [k, n]; m is a multiple of 2 and n of 4. */
function subtractProduct(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  m: usize,
  n: usize,
  k: usize,
): void {
  for (let i: usize = 0; i < m; i += 2) {
    const upper = a + i * aStep;
    const lower = upper + aStep;
    for (let j: usize = 0; j < n; j += 4) {
      const row = c + i * cStep + (j << 3);
      const next = row + cStep;
      let u0 = v128.load(row);
      let u1 = v128.load(row + 16);
      let l0 = v128.load(next);
      let l1 = v128.load(next + 16);
      let line = b + (j << 3);
      for (let at: usize = 0; at < k << 3; at += 8) {
        const x = v128.load64_splat(upper + at);
        const y = v128.load64_splat(lower + at);
        const b0 = v128.load(line);
        const b1 = v128.load(line + 16);
        u0 = f64x2.sub(u0, f64x2.mul(x, b0));
        u1 = f64x2.sub(u1, f64x2.mul(x, b1));
        l0 = f64x2.sub(l0, f64x2.mul(y, b0));
        l1 = f64x2.sub(l1, f64x2.mul(y, b1));
        line += bStep;
      }
      v128.store(row, u0);
      v128.store(row + 16, u1);
      v128.store(next, l0);
      v128.store(next + 16, l1);
    }
  }
}

/**
 * Puts into the lower triangle of `matrix` [n, n] the L with LLᵀ = A, of which it has the lower triangle; what stands
 * above the diagonal is overwritten. `room` is for [n, 128] values.
 * @returns The first row whose pivot is not above 0, and n where there is none. The pivot stands on the diagonal then.
 */
export function factor(matrix: usize, n: usize, room: usize): usize {
  const step = n << 3;
  for (let start: usize = 0; start < n; start += PANEL) {
    const end = min(start + PANEL, n);
    for (let strip = start; strip < end; strip += STRIP) {
      const left = matrix + strip * step + (start << 3);
      const own = matrix + strip * step + (strip << 3);
      subtractByTransposed(left, step, left, step, own, step, n - strip, STRIP, strip - start);
      const failed = eliminate(own, step, n - strip);
      if (failed < STRIP) return strip + failed;
    }
    const width = end - start;
    for (let i = end; i < n; i++) {
      memory.copy(room + (i - end) * (width << 3), matrix + i * step + (start << 3), width << 3);
    }
    for (let tile = end; tile < n; tile += TILE) {
      const rows = room + (tile - end) * (width << 3);
      const corner = matrix + tile * step + (tile << 3);
      subtractByTransposed(rows, width << 3, rows, width << 3, corner, step, n - tile, min(TILE, n - tile), width);
    }
  }
  return n;
}

/** Finishes 8 columns of which the first row holds the first pivot. @returns The row of a pivot not above 0, or 8. */
function eliminate(own: usize, step: usize, rows: usize): usize {
  for (let i: usize = 0; i < rows; i++) {
    const row = own + i * step;
    for (let j: usize = 0; j < STRIP && j <= i; j++) {
      const other = own + j * step;
      let sum = f64.load(row + (j << 3));
      for (let at: usize = 0; at < j << 3; at += 8) sum -= f64.load(row + at) * f64.load(other + at);
      if (i !== j) {
        sum /= f64.load(other + (j << 3));
      } else {
        f64.store(row + (j << 3), sum);
        if (!(sum > 0)) return i;
        sum = sqrt(sum);
      }
      f64.store(row + (j << 3), sum);
    }
  }
  return STRIP;
}

/** Rows b [m, n] become the x with LLᵀxᵀ = bᵀ; L [n, n] as `factor` gives it, m a multiple of 2. */
export function solve(lower: usize, b: usize, n: usize, m: usize): void {
  const step = n << 3;
  for (let start: usize = 0; start < n; start += STRIP) {
    const block = b + (start << 3);
    subtractByTransposed(b, step, lower + start * step, step, block, step, m, STRIP, start);
    const corner = lower + start * step + (start << 3);
    for (let row: usize = 0; row < m; row++) solveForward(corner, step, block + row * step);
  }
  for (let end = n; end > 0; end -= STRIP) {
    const start = end - STRIP;
    const block = b + (start << 3);
    const corner = lower + start * step + (start << 3);
    for (let row: usize = 0; row < m; row++) solveBackward(corner, step, block + row * step);
    subtractProduct(block, step, lower + start * step, step, b, step, m, start, STRIP);
  }
}

function solveForward(corner: usize, step: usize, x: usize): void {
  for (let i: usize = 0; i < STRIP; i++) {
    const line = corner + i * step;
    let sum = f64.load(x + (i << 3));
    for (let at: usize = 0; at < i << 3; at += 8) sum -= f64.load(line + at) * f64.load(x + at);
    f64.store(x + (i << 3), sum / f64.load(line + (i << 3)));
  }
}

function solveBackward(corner: usize, step: usize, x: usize): void {
  for (let i: isize = STRIP - 1; i >= 0; i--) {
    const line = corner + <usize>i * step;
    const value = f64.load(x + ((<usize>i) << 3)) / f64.load(line + ((<usize>i) << 3));
    f64.store(x + ((<usize>i) << 3), value);
    for (let at: usize = 0; at < (<usize>i) << 3; at += 8) {
      f64.store(x + at, f64.load(x + at) - f64.load(line + at) * value);
    }
  }
}
