/**
 * Changes of single values and of their neighbourhood, as torchvision has them for images of bytes. Each gives an image
 * of its own.
 * @see torchvision.transforms.functional, posterize and its kind
 */

import type { DecodedImage } from "../../images/decode_image.ts";
import { roundToEven } from "./crops.ts";

function mapValues(image: DecodedImage, change: (value: number, channel: number) => number): DecodedImage {
  const { channels } = image;
  return { ...image, data: image.data.map((value, i) => change(value, i % channels)) };
}

/** Keeps the highest `bits` of each value. */
export function posterize(image: DecodedImage, bits: number): DecodedImage {
  const mask = 256 - 2 ** (8 - bits);
  return mapValues(image, (value) => value & mask);
}

/** Inverts values of `threshold` and more. */
export function solarize(image: DecodedImage, threshold: number): DecodedImage {
  return mapValues(image, (value) => (value >= threshold ? 255 - value : value));
}

/** Stretches the values of each channel to 0 … 255. */
export function autoContrast(image: DecodedImage): DecodedImage {
  const { channels, data } = image;
  const [least, most] = [new Array<number>(channels).fill(255), new Array<number>(channels).fill(0)];
  for (const [i, value] of data.entries()) {
    const c = i % channels;
    least[c] = Math.min(least[c] ?? 0, value);
    most[c] = Math.max(most[c] ?? 0, value);
  }
  const scales = least.map((value, c) => Math.fround(255 / ((most[c] ?? 0) - value)));
  return mapValues(image, (value, c) => {
    const scale = scales[c] ?? 1;
    if (!Number.isFinite(scale)) return value;
    return Math.min(255, Math.max(0, Math.fround((value - (least[c] ?? 0)) * scale)));
  });
}

/** Spreads the values of each channel so that all are as frequent, by a table that adds up their histogram. */
export function equalize(image: DecodedImage): DecodedImage {
  const { channels, data } = image;
  const tables = Array.from({ length: channels }, (_, c) => {
    const histogram = new Int32Array(256);
    for (let i = c; i < data.length; i += channels) {
      const value = data[i] ?? 0;
      histogram[value] = (histogram[value] ?? 0) + 1;
    }
    return createEqualizer(histogram, data.length / channels);
  });
  return mapValues(image, (value, c) => tables[c]?.[value] ?? value);
}

/** Undefined where it would change nothing. */
function createEqualizer(histogram: Int32Array, pixels: number): Uint8Array | undefined {
  const last = histogram.findLast((count) => count > 0) ?? 0;
  const step = Math.floor((pixels - last) / 255);
  if (step === 0) return undefined;
  const table = new Uint8Array(256);
  let sum = Math.floor(step / 2);
  for (let value = 1; value < 256; value++) {
    sum += histogram[value - 1] ?? 0;
    table[value] = Math.min(255, Math.floor(sum / step));
  }
  return table;
}

/** Moves values away from those of a smoothed image, or towards it: 0 is smoothed, 1 the image. */
export function adjustSharpness(image: DecodedImage, factor: number): DecodedImage {
  const { height, width, channels, data } = image;
  if (height <= 2 || width <= 2) return image;
  const smooth = data.slice();
  const line = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let x = channels; x < line - channels; x++) {
      const at = y * line + x;
      let sum = 4 * (data[at] ?? 0);
      for (const row of [at - line, at, at + line]) {
        sum += (data[row - channels] ?? 0) + (data[row] ?? 0) + (data[row + channels] ?? 0);
      }
      smooth[at] = roundToEven(sum / 13);
    }
  }
  const [own, rest] = [Math.fround(factor), Math.fround(1 - factor)];
  const sharp = data.map((value, i) => {
    const mixed = Math.fround(Math.fround(own * value) + Math.fround(rest * (smooth[i] ?? 0)));
    return Math.min(255, Math.max(0, mixed));
  });
  return { ...image, data: sharp };
}
