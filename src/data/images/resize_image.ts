import type { OptionRules } from "../../core/options/assert_options.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import type { DecodedImage } from "./decode_image.ts";

/** The size that images are brought to. */
export interface WantedSize {
  readonly height: number;
  readonly width: number;
}

/** What `WantedSize` may be. */
export const WANTED_SIZE_RULES: OptionRules<WantedSize> = {
  height: required(wholeNumber(1)),
  width: required(wholeNumber(1)),
};

/**
 * Brings an image to another size without keeping its proportions: bilinear, over a wider triangle where it shrinks, so
 * that no pixel is passed over (Pillow's BILINEAR, to one step of 256). The caller owns the result; an image of that
 * size already is given back as it is.
 */
export function resizeImage(image: DecodedImage, { height, width }: WantedSize): DecodedImage {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  const columns = createTaps(image.width, width);
  const rows = createTaps(image.height, height);
  const line = width * channels;
  const narrow = new Float32Array(image.height * line);
  for (let y = 0; y < image.height; y++) mixColumns(image, columns, { y, out: narrow });
  const data = new Uint8Array(height * line);
  const sums = new Float64Array(line);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    let at = (rows.firsts[y] ?? 0) * line;
    for (let i = rows.starts[y] ?? 0; i < (rows.starts[y + 1] ?? 0); i++) {
      const weight = rows.weights[i] ?? 0;
      for (let x = 0; x < line; x++, at++) sums[x] = (sums[x] ?? 0) + weight * (narrow[at] ?? 0);
    }
    for (let x = 0; x < line; x++) data[y * line + x] = Math.round(sums[x] ?? 0);
  }
  return { height, width, channels, data };
}

/** Line `y` of an image, with as many pixels as there are taps, written to line `y` of `out`. */
function mixColumns(
  { data, width, channels }: DecodedImage,
  { firsts, starts, weights }: Taps,
  { y, out }: { readonly y: number; readonly out: Float32Array },
): void {
  let to = y * firsts.length * channels;
  for (let x = 0; x < firsts.length; x++) {
    const [start, end] = [starts[x] ?? 0, starts[x + 1] ?? 0];
    for (let c = 0; c < channels; c++, to++) {
      let at = (y * width + (firsts[x] ?? 0)) * channels + c;
      let sum = 0;
      for (let i = start; i < end; i++, at += channels) sum += (weights[i] ?? 0) * (data[at] ?? 0);
      out[to] = sum;
    }
  }
}

/** For every output pixel of a line the input pixels that it mixes. */
interface Taps {
  /** The first of them. */
  readonly firsts: Int32Array;
  /** Where their weights begin, and behind the last where all end. */
  readonly starts: Int32Array;
  /** Those of one pixel add up to 1. */
  readonly weights: Float64Array;
}

function createTaps(from: number, to: number): Taps {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  const firsts = new Int32Array(to);
  const starts = new Int32Array(to + 1);
  const weights: number[] = [];
  for (let index = 0; index < to; index++) {
    const center = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(center - reach));
    const last = Math.min(from - 1, Math.floor(center + reach));
    const raw = Array.from({ length: last - first + 1 }, (_, i) =>
      Math.max(0, 1 - Math.abs(first + i - center) / reach),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    for (const weight of raw) weights.push(weight / sum);
    firsts[index] = first;
    starts[index + 1] = weights.length;
  }
  return { firsts, starts, weights: Float64Array.from(weights) };
}
