import { parseImageSize } from "../sample_shape.ts";

/** For every output pixel the four input pixels it mixes, and their shares. */
export interface RotationTaps {
  readonly channels: number;
  /** Pixel numbers [H·W, 4]. */
  readonly pixels: Int32Array;
  /** Bilinear weights [H·W, 4]; 0 where a tap lies outside the image. */
  readonly weights: Float64Array;
}

/**
 * Works out a rotation counter-clockwise about the image's centre, bilinear, with zeros outside.
 * @throws {RangeError} If the shape is no image.
 */
export function createRotationTaps(sampleShape: readonly number[], degrees: number): RotationTaps {
  const { height, width, channels } = parseImageSize(sampleShape);
  const pixels = new Int32Array(height * width * 4);
  const weights = new Float64Array(height * width * 4);
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const centerRow = (height - 1) / 2;
  const centerColumn = (width - 1) / 2;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const down = Math.floor(pixel / width) - centerRow;
    const right = (pixel % width) - centerColumn;
    // Where the pixel came from: the inverse rotation, in rows that count downwards.
    const row = snap(centerRow + right * sin + down * cos);
    const column = snap(centerColumn + right * cos - down * sin);
    writeTaps({ pixels, weights, at: pixel * 4 }, { row, column, height, width });
  }
  return { channels, pixels, weights };
}

/** Writes the rotated image [H·W·C] to `output`. */
export function rotateImage(input: Float64Array, output: Float64Array, taps: RotationTaps): void {
  const { channels, pixels, weights } = taps;
  for (let i = 0; i < output.length; i++) {
    const channel = i % channels;
    const at = ((i - channel) / channels) * 4;
    let sum = 0;
    for (let tap = at; tap < at + 4; tap++) {
      sum += (weights[tap] ?? 0) * (input[(pixels[tap] ?? 0) * channels + channel] ?? 0);
    }
    output[i] = sum;
  }
}

interface TapSlots {
  readonly pixels: Int32Array;
  readonly weights: Float64Array;
  readonly at: number;
}

interface SourcePoint {
  readonly row: number;
  readonly column: number;
  readonly height: number;
  readonly width: number;
}

function writeTaps({ pixels, weights, at }: TapSlots, { row, column, height, width }: SourcePoint): void {
  const top = Math.floor(row);
  const left = Math.floor(column);
  for (let tap = 0; tap < 4; tap++) {
    const tapRow = top + (tap >> 1);
    const tapColumn = left + (tap & 1);
    if (tapRow < 0 || tapRow >= height || tapColumn < 0 || tapColumn >= width) continue;
    pixels[at + tap] = tapRow * width + tapColumn;
    weights[at + tap] = (1 - Math.abs(row - tapRow)) * (1 - Math.abs(column - tapColumn));
  }
}

/** Takes away the rounding of sine and cosine, so that right angles move pixels without mixing them. */
function snap(coordinate: number): number {
  return Math.round(coordinate * 1e9) / 1e9;
}
