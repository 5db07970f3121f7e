import type { LayerCall } from "./layer_call.ts";

/** A layer that draws in training and does nothing in evaluation. */
interface NoiseCall extends LayerCall {
  /** Counts the model's random layers, from 0, in model order: part of the random key. */
  readonly layerIndex: number;
}

/** Zeroes inputs in training and divides the rest by 1 − rate; nothing in evaluation. */
export interface DropoutSpec extends NoiseCall {
  readonly kind: "dropout";
  /** At least 0, below 1. */
  readonly rate: number;
  /** True drops whole channels of [N, T, C]: one draw for all times. */
  readonly isSpatial: boolean;
}

/** Adds normal noise of mean 0, or multiplies by that of mean 1. */
export interface GaussianNoiseSpec extends NoiseCall {
  readonly kind: "gaussianNoise";
  readonly operation: "add" | "multiply";
  readonly deviation: number;
}

/** Means and log variances [N, L] to means + deviations · normal noise; to the means in evaluation. */
export interface GaussianSamplingSpec extends NoiseCall {
  readonly kind: "gaussianSampling";
}

/** Dropout that keeps the mean and variance of SELU; see `describeAlphaDropout`. */
export interface AlphaDropoutSpec extends NoiseCall {
  readonly kind: "alphaDropout";
  readonly rate: number;
}
