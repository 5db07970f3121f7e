import { reserveMatrixMemory } from "./matrix_memory.ts";

/** A matrix of `rows` rows, row-major. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** Rows of the first and of the second matrix that meet at a time, and values that do. */
const BLOCK = { first: 2, second: 4, values: 2 } as const;

/** a · bᵀ [m, n] of a [m, k] and b [n, k], in double precision. The caller owns the result. */
export function multiplyByTransposed(a: Matrix, b: Matrix): Matrix {
  const [m, n, k] = [roundUp(a.rows, BLOCK.first), roundUp(b.rows, BLOCK.second), roundUp(a.columns, BLOCK.values)];
  const kernels = reserveMatrixMemory(((m + n) * k + m * n) * Float64Array.BYTES_PER_ELEMENT);
  // A view is of no use any more once the memory has grown.
  const values = new Float64Array(kernels.memory.buffer);
  writeRows(values.subarray(0, m * k), a, k);
  writeRows(values.subarray(m * k, (m + n) * k), b, k);
  const product = (m + n) * k;
  const bytes = Float64Array.BYTES_PER_ELEMENT;
  kernels.functions.multiplyByTransposed(0, m * k * bytes, product * bytes, m, n, k);
  const data = new Float64Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) {
    data.set(values.subarray(product + i * n, product + i * n + b.rows), i * b.rows);
  }
  return { data, rows: a.rows, columns: b.rows };
}

/** a · b [m, k] of a [m, n] and b [n, k], in double precision. The caller owns the result. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  return multiplyByTransposed(a, transpose(b));
}

/** The matrix with rows and columns exchanged. The caller owns the result. */
export function transpose({ data, rows, columns }: Matrix): Matrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] ?? 0;
  }
  return { data: turned, rows: columns, columns: rows };
}

/** Copies a matrix into room for whole blocks, filled up with zeros. */
function writeRows(room: Float64Array, { data, rows, columns }: Matrix, width: number): void {
  if (width === columns) {
    room.set(data);
    room.fill(0, data.length);
    return;
  }
  room.fill(0);
  for (let i = 0; i < rows; i++) room.set(data.subarray(i * columns, (i + 1) * columns), i * width);
}

function roundUp(count: number, step: number): number {
  return Math.ceil(count / step) * step;
}
