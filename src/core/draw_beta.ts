import type { RandomStream } from "./random_stream.ts";

/**
 * A draw from the symmetric beta distribution with both parameters `alpha`, above 0; alpha 1 is uniform. A quotient of
 * two gamma draws, in logarithms, so that a small alpha does not come to 0 / 0.
 */
export function drawBeta(alpha: number, stream: RandomStream): number {
  const [a, b] = [drawLogGamma(alpha, stream), drawLogGamma(alpha, stream)];
  return 1 / (1 + Math.exp(b - a));
}

/**
 * The logarithm of a draw from the gamma distribution of scale 1.
 * @see Marsaglia and Tsang 2000, A Simple Method for Generating Gamma Variables; below 1 a draw for shape + 1 times
 *   u^(1 / shape)
 */
function drawLogGamma(shape: number, stream: RandomStream): number {
  if (shape < 1) return drawLogGamma(shape + 1, stream) + Math.log(1 - stream.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = stream.normal();
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - stream.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
