/** Where replicas write the factors of the rows' own gradients. */
export interface RowFactorMemory {
  /** F, of one row. */
  readonly width: number;
  /** [capacity, F], in shared memory. */
  readonly values: Float32Array<SharedArrayBuffer>;
}
