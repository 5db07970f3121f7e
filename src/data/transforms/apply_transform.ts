import { createRotationTaps, rotateImage } from "./rotation.ts";
import type { Transform } from "./transform.ts";

/** Reads a sample from `input` [sampleSize] and writes the changed one to `output`, another array of that size. */
export type TransformStep = (input: Float64Array, output: Float64Array) => void;

/** Prepares a transform for samples of one shape; float64, so that only the last result is rounded. */
export function createTransformStep(transform: Transform, sampleShape: readonly number[]): TransformStep {
  switch (transform.kind) {
    case "scale":
      return (input, output) => scaleValues(input, output, transform);
    case "normalize":
      return (input, output) => normalizeValues(input, output, transform);
    case "permute":
      return (input, output) => permuteValues(input, output, transform.order);
    case "rotate": {
      const taps = createRotationTaps(sampleShape, transform.degrees);
      return (input, output) => rotateImage(input, output, taps);
    }
  }
}

function scaleValues(input: Float64Array, output: Float64Array, scale: { factor: number; offset: number }): void {
  const { factor, offset } = scale;
  for (let i = 0; i < output.length; i++) output[i] = (input[i] ?? 0) * factor + offset;
}

function normalizeValues(
  input: Float64Array,
  output: Float64Array,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): void {
  const channels = mean.length;
  for (let i = 0; i < output.length; i++) {
    const channel = i % channels;
    output[i] = ((input[i] ?? 0) - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  }
}

function permuteValues(input: Float64Array, output: Float64Array, order: Int32Array): void {
  for (let i = 0; i < output.length; i++) output[i] = input[order[i] ?? 0] ?? 0;
}
