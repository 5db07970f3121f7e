import type { LayerCall } from "./layer_call.ts";

/** Rows of a table: ids [N, …] to [N, …, units]; the table is `${layer}/embeddings` [size, units]. */
export interface EmbeddingSpec extends LayerCall {
  readonly kind: "embedding";
  readonly layer: string;
  /** Ids go from 0 to size − 1. */
  readonly size: number;
  readonly units: number;
}

/** [N, …] with the axes of the samples in another order, counted from 1. */
export interface PermuteSpec extends LayerCall {
  readonly kind: "permute";
  readonly order: readonly number[];
}

/** [N, F] to [N, times, F] */
export interface RepeatVectorSpec extends LayerCall {
  readonly kind: "repeatVector";
  readonly times: number;
}

/** Sums of products of two inputs along an axis of each, sample by sample. */
export interface DotSpec extends LayerCall {
  readonly kind: "dot";
  /** Of either input, counted with the batch as axis 0; negative ones from the end. */
  readonly axes: readonly [number, number];
  /** True divides both by their lengths first: the cosine of their angle. */
  readonly isNormalized: boolean;
}

/** x · scale + offset */
export interface RescalingSpec extends LayerCall {
  readonly kind: "rescaling";
  readonly scale: number;
  readonly offset: number;
}

/** max(x, 0) + alpha · min(x, 0), where `${layer}/alpha` has the samples' shape, but 1 along `sharedAxes`. */
export interface LearnedReluSpec extends LayerCall {
  readonly kind: "learnedRelu";
  readonly layer: string;
  /** Counted with the batch as axis 0. */
  readonly sharedAxes: readonly number[];
}
