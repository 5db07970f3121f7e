import { describe, expect, test } from "bun:test";
import { drawImageGrid } from "../../../../src/evaluation/metrics/outputs/image_grid.ts";

describe("drawImageGrid()", () => {
  test("puts samples side by side, scaled from the smallest to the largest value, grey between them", () => {
    const data = Float32Array.of(-1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, -1);
    const grid = drawImageGrid({ data, shape: [3, 2, 2] }, 2);
    expect(grid).toMatchObject({ kind: "image", width: 6, height: 6, channels: 1 });
    const grey = 128;
    expect([...grid.pixels]).toEqual([
      ...[0, 128, grey, grey, 255, 255],
      ...[128, 255, grey, grey, 255, 255],
      ...new Array<number>(12).fill(grey),
      ...[128, 128, grey, grey, grey, grey],
      ...[128, 0, grey, grey, grey, grey],
    ]);
  });

  test("keeps three channels, and takes flat samples as squares", () => {
    const coloured = drawImageGrid({ data: Float32Array.of(0, 1, 2), shape: [1, 1, 1, 3] }, 8);
    expect(coloured.channels).toBe(3);
    expect([...coloured.pixels]).toEqual([0, 128, 255]);
    expect(drawImageGrid({ data: new Float32Array(9), shape: [1, 9] }, 1)).toMatchObject({ width: 3, height: 3 });
    expect(() => drawImageGrid({ data: new Float32Array(7), shape: [1, 7] }, 1)).toThrow("flattened square");
  });
});
