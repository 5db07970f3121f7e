/** How a random tensor is drawn, element by element: zeros and 1/(1 − rate), or a normal distribution. */
export type Noise =
  | { readonly kind: "dropout"; readonly rate: number }
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number };

/** The classes of layers that draw. In model order they are counted from 0, whatever their rates; see `layerIndex`. */
export const RANDOM_LAYER_CLASSES: ReadonlySet<string> = new Set([
  "AlphaDropout",
  "Dropout",
  "GaussianDropout",
  "GaussianNoise",
  "GaussianSampling",
  "MultiHeadAttention",
  "SpatialDropout1D",
  "SpatialDropout2D",
  "SpatialDropout3D",
]);

/** The deviation of the normal factor, of mean 1, that stands in for dropout of a rate: √(rate / (1 − rate)). */
export function deviationOfRate(rate: number): number {
  return Math.sqrt(rate / (1 - rate));
}

/**
 * What alpha dropout puts in place of a dropped unit, and what it multiplies by afterwards, so that the mean of 0 and
 * the variance of 1 that SELU leaves are kept: y = ((x − dropped) · mask + dropped) · scale, with the mask of dropout.
 * TF.js 4.22 puts the opposite of `dropped` there.
 * @see Klambauer et al. 2017, Self-Normalizing Neural Networks, arXiv:1706.02515
 */
export function describeAlphaDropout(rate: number): { readonly dropped: number; readonly scale: number } {
  const dropped = -1.6732632423543772 * 1.0507009873554805;
  return { dropped, scale: (1 - rate) / Math.sqrt((1 - rate) * (1 + rate * dropped ** 2)) };
}
