/** A matrix of `rows` rows, row-major. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * a · bᵀ [m, n] of a [m, k] and b [n, k]. The caller owns the result. Two rows meet two at a time: every value read is used twice,
 * and no sum waits for the one before.
 */
export function multiplyByTransposed(a: Matrix, b: Matrix): Matrix {
  const [m, n, k] = [a.rows, b.rows, a.columns];
  const [x, y] = [a.data, b.data];
  const product = new Float64Array(m * n);
  for (let i = 0; i < m; i += 2) {
    // A last row that has no other is counted twice and written once.
    const [i0, i1] = [i * k, Math.min(i + 1, m - 1) * k];
    for (let j = 0; j < n; j += 2) {
      const [j0, j1] = [j * k, Math.min(j + 1, n - 1) * k];
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let p = 0; p < k; p++) {
        const x0 = x[i0 + p] ?? 0;
        const x1 = x[i1 + p] ?? 0;
        const y0 = y[j0 + p] ?? 0;
        const y1 = y[j1 + p] ?? 0;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      product[i * n + j] = s00;
      if (j + 1 < n) product[i * n + j + 1] = s01;
      if (i + 1 < m) product[(i + 1) * n + j] = s10;
      if (i + 1 < m && j + 1 < n) product[(i + 1) * n + j + 1] = s11;
    }
  }
  return { data: product, rows: m, columns: n };
}

/** a · b [m, k] of a [m, n] and b [n, k]. The caller owns the result. Four rows of b are added at a time. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const [m, n, k] = [a.rows, a.columns, b.columns];
  const [w, y] = [a.data, b.data];
  const product = new Float64Array(m * k);
  for (let i = 0; i < m; i++) {
    const start = i * k;
    for (let j = 0; j < n; j += 4) {
      const w0 = w[i * n + j] ?? 0;
      const w1 = j + 1 < n ? (w[i * n + j + 1] ?? 0) : 0;
      const w2 = j + 2 < n ? (w[i * n + j + 2] ?? 0) : 0;
      const w3 = j + 3 < n ? (w[i * n + j + 3] ?? 0) : 0;
      // A row that there is not is read as the last one, with weight 0.
      const last = (n - 1) * k;
      const [j0, j1] = [j * k, Math.min((j + 1) * k, last)];
      const [j2, j3] = [Math.min((j + 2) * k, last), Math.min((j + 3) * k, last)];
      for (let p = 0; p < k; p++) {
        product[start + p] =
          (product[start + p] ?? 0) +
          w0 * (y[j0 + p] ?? 0) +
          w1 * (y[j1 + p] ?? 0) +
          w2 * (y[j2 + p] ?? 0) +
          w3 * (y[j3 + p] ?? 0);
      }
    }
  }
  return { data: product, rows: m, columns: k };
}

/** The matrix with rows and columns exchanged. The caller owns the result. */
export function transpose({ data, rows, columns }: Matrix): Matrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] ?? 0;
  }
  return { data: turned, rows: columns, columns: rows };
}
