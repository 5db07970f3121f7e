import type { BrowserFunction } from "../assemble_script.ts";
import type { ImageForm } from "./image_form.ts";

/** A picture of four bytes a pixel: red, green, blue, opacity. */
export interface Picture {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Where cells of a grid lie on a picture. */
export interface Grid {
  readonly left: number;
  readonly top: number;
  /** The length of a cell's side, in pixels of the picture. */
  readonly cell: number;
}

/** Means over the cells of a grid: [height, width, channels], 0 to 255. What lies beside the picture is black. */
export function sampleGrid(
  picture: Picture,
  { left, top, cell }: Grid,
  { height, width, channels }: Pick<ImageForm, "height" | "width" | "channels">,
): Float32Array<ArrayBuffer> {
  const pixels = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const mean = averageCell(picture, { left: left + x * cell, top: top + y * cell, cell });
      const place = (y * width + x) * channels;
      if (channels === 1) pixels[place] = toGrey(mean);
      else pixels.set(mean, place);
    }
  }
  return pixels;
}

function averageCell({ data, width, height }: Picture, { left, top, cell }: Grid): [number, number, number] {
  const [right, bottom] = [Math.round(left + cell), Math.round(top + cell)];
  const sum: [number, number, number] = [0, 0, 0];
  const count = (right - Math.round(left)) * (bottom - Math.round(top));
  for (let y = Math.max(0, Math.round(top)); y < Math.min(height, bottom); y++) {
    for (let x = Math.max(0, Math.round(left)); x < Math.min(width, right); x++) {
      for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (data[(y * width + x) * 4 + c] ?? 0);
    }
  }
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

/** The brightness of a colour, as Rec. 601 weighs it. */
function toGrey([red, green, blue]: readonly [number, number, number]): number {
  return red === green && green === blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * The grid that puts a bright figure on black as MNIST's are: its longer side is 20 cells of 28, and its centre of mass
 * in the middle (LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition). Undefined where all is
 * black.
 */
export function findDigitGrid({ data, width, height }: Picture): Grid | undefined {
  const least = 32;
  let [left, top, right, bottom] = [width, height, -1, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = (y * width + x) * 4;
      const grey = toGrey([data[place] ?? 0, data[place + 1] ?? 0, data[place + 2] ?? 0]);
      if (grey < least) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      mass += grey;
      massX += grey * (x + 0.5);
      massY += grey * (y + 0.5);
    }
  }
  if (mass === 0) return undefined;
  const cell = Math.max(1, (Math.max(right - left, bottom - top) + 1) / 20);
  return { left: massX / mass - 14 * cell, top: massY / mass - 14 * cell, cell };
}

/** Makes of pixels [height, width, channels], 0 to 255, what a model takes as one row. */
export function toModelInput(
  pixels: Float32Array,
  form: ImageForm,
): Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> {
  const { height, width, channels, isChannelsFirst, mean, std, factor, datatype } = form;
  const row = datatype === "UINT8" ? new Uint8Array(pixels.length) : new Float32Array(pixels.length);
  const at = (values: readonly number[], c: number, fallback: number) =>
    (values.length === 1 ? values[0] : values[c]) ?? fallback;
  for (let i = 0; i < pixels.length; i++) {
    const [place, c] = [Math.floor(i / channels), i % channels];
    const value = (((pixels[i] ?? 0) / 255 - at(mean, c, 0)) / at(std, c, 1)) * factor;
    row[isChannelsFirst ? c * height * width + place : i] = datatype === "UINT8" ? Math.round(value) : value;
  }
  return row;
}

/** Pixels [height, width, channels] as a picture of four bytes each. */
export function toPicture(
  pixels: Float32Array,
  { height, width, channels }: ImageForm,
): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(height * width * 4);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) data[i * 4 + c] = pixels[i * channels + (channels === 1 ? 0 : c)] ?? 0;
    data[i * 4 + 3] = 255;
  }
  return data;
}

/** What a page needs of this file. */
export const PIXEL_FUNCTIONS: readonly BrowserFunction[] = [
  sampleGrid,
  averageCell,
  toGrey,
  findDigitGrid,
  toModelInput,
  toPicture,
];
