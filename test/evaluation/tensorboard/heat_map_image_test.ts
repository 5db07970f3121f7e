import { describe, expect, test } from "bun:test";
import type { MetricImage } from "../../../src/evaluation/metric_data.ts";
import { drawHeatMap } from "../../../src/evaluation/tensorboard/heat_map_image.ts";

describe("drawHeatMap()", () => {
  const colorAt = ({ width, pixels }: MetricImage, row: number, column: number) => {
    const start = ((row * 24 + 12) * width + column * 24 + 12) * 3;
    return [...pixels.subarray(start, start + 3)];
  };

  test("is white for 0, dark blue for 1, grey where nothing was measured", () => {
    const image = drawHeatMap([[0, 1, Number.NaN], [0.5]]);
    expect(image).toMatchObject({ width: 72, height: 48, channels: 3 });
    expect(colorAt(image, 0, 0)).toEqual([255, 255, 255]);
    expect(colorAt(image, 0, 1)).toEqual([8, 48, 107]);
    expect(colorAt(image, 0, 2)).toEqual([200, 200, 200]);
    expect(colorAt(image, 1, 0)).toEqual([132, 152, 181]);
    expect(colorAt(image, 1, 1)).toEqual([200, 200, 200]);
  });

  test("takes the largest count as dark blue", () => {
    const image = drawHeatMap([[30, 60]]);
    expect(colorAt(image, 0, 1)).toEqual([8, 48, 107]);
    expect(colorAt(image, 0, 0)).toEqual([132, 152, 181]);
  });
});
