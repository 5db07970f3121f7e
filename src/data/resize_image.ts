import type { DecodedImage } from "./decode_image.ts";

/** The size that images are brought to. */
export interface WantedSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Brings an image to another size without keeping its proportions: bilinear, over a wider triangle where it shrinks, so
 * that no pixel is passed over. The caller owns the result; an image of that size already is given back as it is.
 */
export function resizeImage(image: DecodedImage, { height, width }: WantedSize): DecodedImage {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  const columns = createTaps(image.width, width);
  const rows = createTaps(image.height, height);
  const narrow = new Float64Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    for (const [x, { first, weights }] of columns.entries()) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          sum += (weights[i] ?? 0) * (image.data[(y * image.width + first + i) * channels + c] ?? 0);
        }
        narrow[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const line = width * channels;
  const data = new Uint8Array(height * line);
  for (const [y, { first, weights }] of rows.entries()) {
    for (let at = 0; at < line; at++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (narrow[(first + i) * line + at] ?? 0);
      data[y * line + at] = Math.round(sum);
    }
  }
  return { height, width, channels, data };
}

interface Taps {
  readonly first: number;
  /** They add up to 1. */
  readonly weights: Float64Array;
}

/** For every output pixel of a line the input pixels it mixes. */
function createTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, index) => {
    const center = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(center - reach));
    const last = Math.min(from - 1, Math.floor(center + reach));
    const weights = Float64Array.from({ length: last - first + 1 }, (_, i) =>
      Math.max(0, 1 - Math.abs(first + i - center) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
