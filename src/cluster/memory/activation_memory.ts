/** Where replicas write what one layer gives. */
export interface ActivationMemory {
  readonly layerName: string;
  /** Values of one row. */
  readonly width: number;
  /** [capacity, width], in shared memory. */
  readonly values: Float32Array<SharedArrayBuffer>;
}
