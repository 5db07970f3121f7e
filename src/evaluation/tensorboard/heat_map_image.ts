import { elementAt } from "../../core/element_at.ts";
import type { MetricImage } from "../metric_data.ts";

/** Pixels of a cell's side. */
const CELL = 24;
const WHITE = [255, 255, 255] as const;
const BLUE = [8, 48, 107] as const;
const GREY = [200, 200, 200] as const;

/**
 * A matrix as a picture: white for 0 or less, dark blue for the largest value, grey for cells that were not measured.
 * Values up to 1 are shares, and 1 is dark blue then.
 */
export function drawHeatMap(matrix: readonly (readonly number[])[]): MetricImage {
  const columns = matrix.reduce((widest, row) => Math.max(widest, row.length), 0);
  const measured = matrix.flat().filter((cell) => !Number.isNaN(cell));
  const top = measured.reduce((largest, cell) => Math.max(largest, cell), 1);
  const [width, height] = [columns * CELL, matrix.length * CELL];
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = matrix[Math.floor(y / CELL)]?.[Math.floor(x / CELL)] ?? Number.NaN;
      pixels.set(chooseColor(cell / top), (y * width + x) * 3);
    }
  }
  return { kind: "image", width, height, channels: 3, pixels };
}

function chooseColor(share: number): readonly number[] {
  if (Number.isNaN(share)) return GREY;
  const depth = Math.min(1, Math.max(0, share));
  return WHITE.map((white, channel) => Math.round(white + (elementAt(BLUE, channel) - white) * depth));
}
