/**
 * Changes of brightness and colour, as torchvision has them for images of bytes: float32 arithmetic, and fractions are
 * cut. Each gives an image of its own.
 * @see torchvision.transforms.functional, adjust_brightness and its kind
 */

import type { DecodedImage } from "../../images/decode_image.ts";

/** ratio · image + (1 − ratio) · other, cut to bytes. */
function blend(image: DecodedImage, ratio: number, other: (index: number) => number): DecodedImage {
  const [own, rest] = [Math.fround(ratio), Math.fround(1 - ratio)];
  const { data } = image;
  const mixed = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Math.fround(Math.fround(own * (data[i] ?? 0)) + Math.fround(rest * other(i)));
    mixed[i] = Math.min(255, Math.max(0, value));
  }
  return { ...image, data: mixed };
}

/** Multiplies every value: 0 is black, 1 the image. */
export function adjustBrightness(image: DecodedImage, factor: number): DecodedImage {
  return blend(image, factor, () => 0);
}

/** Moves every value away from the mean shade of grey, or towards it: 0 is all grey, 1 the image. */
export function adjustContrast(image: DecodedImage, factor: number): DecodedImage {
  const grey = toGrey(image);
  let sum = 0;
  for (const value of grey) sum += value;
  const mean = Math.fround(sum / grey.length);
  return blend(image, factor, () => mean);
}

/** Moves colours away from grey, or towards it: 0 is grey, 1 the image. Grey images stay as they are. */
export function adjustSaturation(image: DecodedImage, factor: number): DecodedImage {
  const { channels } = image;
  if (channels === 1) return image;
  const grey = toGrey(image);
  return blend(image, factor, (i) => grey[Math.floor(i / channels)] ?? 0);
}

/** Shades of grey [height · width]: 0.2989 R + 0.587 G + 0.114 B, cut to bytes. */
function toGrey({ data, channels }: DecodedImage): Uint8Array {
  if (channels === 1) return data;
  const [red, green, blue] = [Math.fround(0.2989), Math.fround(0.587), Math.fround(0.114)];
  const grey = new Uint8Array(data.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    const first = Math.fround(Math.fround(red * (data[at] ?? 0)) + Math.fround(green * (data[at + 1] ?? 0)));
    grey[i] = Math.fround(first + Math.fround(blue * (data[at + 2] ?? 0)));
  }
  return grey;
}

/** Turns hues by `turn` of a whole turn, by way of hue, saturation and value. Grey images stay as they are. */
export function adjustHue(image: DecodedImage, turn: number): DecodedImage {
  if (image.channels === 1) return image;
  const { data } = image;
  const turned = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [(data[at] ?? 0) / 255, (data[at + 1] ?? 0) / 255, (data[at + 2] ?? 0) / 255];
    const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
    const range = most - least;
    const divisor = range === 0 ? 1 : range;
    const saturation = range / (range === 0 ? 1 : most);
    const [rc, gc, bc] = [(most - r) / divisor, (most - g) / divisor, (most - b) / divisor];
    const sixths = most === r ? bc - gc : most === g ? 2 + rc - bc : 4 + gc - rc;
    const hue = (sixths / 6 + 1) % 1;
    writeColour(turned, at, [(((hue + turn) % 1) + 1) % 1, saturation, most]);
  }
  return { ...image, data: turned };
}

/** Hue, saturation and value as red, green and blue, in bytes. */
function writeColour(data: Uint8Array, at: number, [h, s, v]: readonly [number, number, number]): void {
  const place = Math.floor(h * 6);
  const part = h * 6 - place;
  const [p, q, t] = [v * (1 - s), v * (1 - s * part), v * (1 - s * (1 - part))];
  const colours = [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ];
  for (const [c, value] of (colours[place % 6] ?? []).entries()) {
    data[at + c] = Math.min(1, Math.max(0, value)) * (255 + 1 - 1e-3);
  }
}
