import type { ErrorData } from "../core/error_data.ts";

/** Where replicas write what one layer gives. */
export interface ActivationMemory {
  readonly layerName: string;
  /** Values of one row. */
  readonly width: number;
  /** [capacity, width], in shared memory. */
  readonly values: Float32Array<SharedArrayBuffer>;
}

/** The shape of one row of what a layer gives, or why there is none: errors cross a Worker's border as data. */
export type ActivationShape =
  | { readonly kind: "shape"; readonly shape: readonly number[] }
  | { readonly kind: "refusal"; readonly error: ErrorData };
