import type { DecodedImage } from "../../images/decode_image.ts";
import { resizeImage } from "../../images/resize_image.ts";
import type { RowRandom } from "./row_random.ts";

/** A rectangle of an image, in pixels. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Shares of an area, and proportions, that rectangles are drawn from. */
export interface RectangleRange {
  readonly minScale: number;
  readonly maxScale: number;
  readonly minRatio: number;
  readonly maxRatio: number;
}

/** How often a rectangle is drawn before none is. */
const TRIES = 10;

/** A part of an image, which must lie in it. The caller owns the result. */
export function cropImage(image: DecodedImage, { top, left, height, width }: Rectangle): DecodedImage {
  const { channels } = image;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { height, width, channels, data };
}

/** An image with zeros around it. The caller owns the result. */
export function padImage(image: DecodedImage, padding: number): DecodedImage {
  if (padding === 0) return image;
  const { channels } = image;
  const [height, width] = [image.height + 2 * padding, image.width + 2 * padding];
  const data = new Uint8Array(height * width * channels);
  const line = image.width * channels;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * line, (y + 1) * line), ((y + padding) * width + padding) * channels);
  }
  return { height, width, channels, data };
}

/** An image with left and right exchanged. The caller owns the result. */
export function mirrorImage(image: DecodedImage): DecodedImage {
  const { height, width, channels } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--) {
      for (let c = 0, from = (y * width + x) * channels; c < channels; c++) data[to++] = image.data[from + c] ?? 0;
    }
  }
  return { ...image, data };
}

/** The size of an image whose shorter side is brought to `size`, as torchvision's Resize has it. */
export function scaleShape(height: number, width: number, size: number): [height: number, width: number] {
  if (height <= width) return [size, Math.floor((size * width) / height)];
  return [Math.floor((size * height) / width), size];
}

/** The square in the middle, as torchvision's CenterCrop has it: halves are rounded to even. */
export function centerSquare(height: number, width: number, size: number): Rectangle {
  return { top: roundToEven((height - size) / 2), left: roundToEven((width - size) / 2), height: size, width: size };
}

/**
 * Draws a part of an image as torchvision's RandomResizedCrop does: a share of the area, the logarithm of the width by
 * the height, then a place; after ten that do not fit, the largest one in the middle.
 */
export function drawCrop(
  { height, width }: Pick<Rectangle, "height" | "width">,
  { minScale, maxScale, minRatio, maxRatio }: RectangleRange,
  random: RowRandom,
): Rectangle {
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * random.uniform(minScale, maxScale);
    const ratio = Math.exp(random.uniform(Math.log(minRatio), Math.log(maxRatio)));
    const [w, h] = [roundToEven(Math.sqrt(area * ratio)), roundToEven(Math.sqrt(area / ratio))];
    if (w > 0 && w <= width && h > 0 && h <= height) {
      const top = random.integer(height - h + 1);
      return { top, left: random.integer(width - w + 1), height: h, width: w };
    }
  }
  const ratio = width / height;
  const w = ratio > maxRatio ? Math.min(width, roundToEven(height * maxRatio)) : width;
  const h = ratio < minRatio ? Math.min(height, roundToEven(width / minRatio)) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}

/** A rectangle to erase, as torchvision's RandomErasing draws it; undefined where none of ten fits. */
export function drawErased(
  { height, width }: Pick<Rectangle, "height" | "width">,
  { minScale, maxScale, minRatio, maxRatio }: RectangleRange,
  random: RowRandom,
): Rectangle | undefined {
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * random.uniform(minScale, maxScale);
    const ratio = Math.exp(random.uniform(Math.log(minRatio), Math.log(maxRatio)));
    const [h, w] = [roundToEven(Math.sqrt(area * ratio)), roundToEven(Math.sqrt(area / ratio))];
    if (h >= height || w >= width) continue;
    const top = random.integer(height - h + 1);
    return { top, left: random.integer(width - w + 1), height: h, width: w };
  }
  return undefined;
}

/** A part of an image, brought to a square. */
export function resizeCrop(image: DecodedImage, part: Rectangle, size: number): DecodedImage {
  return resizeImage(cropImage(image, part), { height: size, width: size });
}

/** Python's and PyTorch's rounding. */
export function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
