import type * as tf from "@tensorflow/tfjs";

/** One model per layer, or per setting of it that changes what it computes. */
export interface ParityModel {
  readonly name: string;
  readonly sampleShape: readonly number[];
  build(): tf.LayersModel;
  /** Largest difference allowed where not `PARITY_TOLERANCE`, with the reason. */
  readonly tolerance?: { readonly limit: number; readonly reason: string };
}
