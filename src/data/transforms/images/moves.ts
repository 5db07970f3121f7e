import type { DecodedImage } from "../../images/decode_image.ts";
import { roundToEven } from "./crops.ts";

/** Where each pixel comes from: x' = a x + b y + c and y' = d x + e y + f, from the image's centre. */
export type InverseMove = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Moves an image: each pixel is the nearest one of the place that it comes from, black outside. The caller owns the
 * result.
 * @see torchvision.transforms.functional.affine, with InterpolationMode.NEAREST
 */
export function moveImage(image: DecodedImage, [a, b, c, d, e, f]: InverseMove): DecodedImage {
  const { height, width, channels, data } = image;
  const moved = new Uint8Array(data.length);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [right, down] = [x - middleX, y - middleY];
      const fromX = roundToEven(snap(a * right + b * down + c + middleX));
      const fromY = roundToEven(snap(d * right + e * down + f + middleY));
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      const from = (fromY * width + fromX) * channels;
      for (let i = 0; i < channels; i++) moved[to + i] = data[from + i] ?? 0;
    }
  }
  return { ...image, data: moved };
}

/** Rounding errors must not decide between two pixels. */
function snap(place: number): number {
  return Math.round(place * 2 ** 20) / 2 ** 20;
}

/** Shifts by whole or broken pixels, to the right and down. */
export function createShift(right: number, down: number): InverseMove {
  return [1, 0, -right, 0, 1, -down];
}

/** Turns about the centre, counter-clockwise as it is seen. */
export function createTurn(degrees: number): InverseMove {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [cos, -sin, 0, sin, cos, 0];
}

/**
 * Slants about the corner at the top left: rows are shifted to the right (`byRow`), or columns down (`byColumn`), by
 * so many pixels a pixel.
 */
export function createSlant(
  { height, width }: Pick<DecodedImage, "height" | "width">,
  { byRow = 0, byColumn = 0 }: { readonly byRow?: number; readonly byColumn?: number },
): InverseMove {
  return [1, byRow, (byRow * height) / 2, byColumn, 1, (byColumn * width) / 2];
}
