import { needs, RangeRefusal } from "../core/errors/errors.ts";

/** Height, width and channels of a sample seen as an image. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Reads a sample's shape as an image: [H, W], [H, W, C], or [F] when F is the square of a whole number.
 * @throws {RangeError} If it is none of these.
 */
export function parseImageSize(sampleShape: readonly number[]): ImageSize {
  const [first = 0, second, third = 1] = sampleShape;
  if (sampleShape.length === 1) {
    const side = Math.round(Math.sqrt(first));
    if (side * side === first) return { height: side, width: side, channels: 1 };
  }
  if (second !== undefined && sampleShape.length <= 3) return { height: first, width: second, channels: third };
  const wanted = "[height, width], [height, width, channels] or a flattened square";
  throw new RangeRefusal(needs("an image", wanted, sampleShape));
}
