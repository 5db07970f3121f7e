import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { type Matrix, multiplyByTransposed } from "../../kernels/matrix_product.ts";

/** Rows that are projected at a time. */
const ROWS_AT_ONCE = 512;

/**
 * Random features φ(x) = max(0, xP) of rows, with P [F, M] drawn once from N(0, 1). The rows of Pᵀ are drawn one after
 * another, so that P is the same whenever it is drawn anew from the beginning of its stream.
 */
export class RandomFeatures {
  readonly size: number;
  readonly #drawStream: () => RandomStream;
  #transposed: Matrix | undefined;

  /** @param drawStream Gives the stream of the projection at its beginning. */
  constructor(size: number, drawStream: () => RandomStream) {
    this.size = size;
    this.#drawStream = drawStream;
  }

  /** Pᵀ [M, F]. */
  projection(width: number): Matrix {
    if (this.#transposed?.columns === width) return this.#transposed;
    const stream = this.#drawStream();
    const data = Float64Array.from({ length: this.size * width }, () => Math.fround(stream.normal()));
    this.#transposed = { data, rows: this.size, columns: width };
    return this.#transposed;
  }

  /** φ [n, M] of features [N, F], some rows at a time, with the number of the first. */
  *project({ data, shape }: HostTensor): Generator<{ readonly start: number; readonly features: Matrix }> {
    const [rows, width] = matrixShape(shape);
    for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
      const end = Math.min(rows, start + ROWS_AT_ONCE);
      const part = Float64Array.from(data.subarray(start * width, end * width));
      const features = multiplyByTransposed({ data: part, rows: end - start, columns: width }, this.projection(width));
      for (let i = 0; i < features.data.length; i++) features.data[i] = Math.max(0, features.data[i] ?? 0);
      yield { start, features };
    }
  }
}
