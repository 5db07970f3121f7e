import { mixBits } from "../core/random_stream.ts";
import type { Noise } from "../onnx/layers/noise.ts";
import { fillDropoutMask, hashDropoutKey } from "./dropout_mask.ts";
import type { DropoutKey } from "./engine.ts";

/**
 * Fills the random tensor of one layer. Every engine uses these: equal keys, layers and lengths give equal values.
 * @param values Overwritten. May lie in shared memory.
 * @param layerIndex Counts the model's random layers, in model order, from 0.
 * @throws {RangeError} If a rate is not at least 0 and below 1, or an index is not a whole number of at least 0.
 */
export function fillNoise(values: Float32Array, noise: Noise, key: DropoutKey, layerIndex: number): void {
  switch (noise.kind) {
    case "dropout":
      fillDropoutMask(values, noise.rate, key, layerIndex);
      break;
    case "normal":
      fillNormal(values, noise, hashDropoutKey(key, layerIndex));
      break;
  }
}

/** Two normal numbers of two uniform ones. Box and Muller 1958, Annals of Mathematical Statistics 29. */
function fillNormal(
  values: Float32Array,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
  [first, second]: readonly [number, number],
): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(drawUniform(first, second, i)));
    const angle = 2 * Math.PI * drawUniform(second, first, i + 1);
    values[i] = mean + radius * Math.cos(angle);
    // One past an odd length: typed arrays ignore it.
    values[i + 1] = mean + radius * Math.sin(angle);
  }
}

/** In (0, 1), from a counter and two keys. */
function drawUniform(first: number, second: number, counter: number): number {
  const word = mixBits(mixBits((first + Math.imul(counter, 0x9e3779b9)) | 0) ^ second);
  return ((word >>> 0) + 0.5) / 2 ** 32;
}
