/** A float32 tensor in plain memory, row-major. */
export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}
