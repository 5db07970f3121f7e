import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRotationTaps, rotateImage } from "../../../src/data/transforms/rotation.ts";

/** The image after a rotation, as a list. */
function rotate(image: readonly number[], shape: readonly number[], degrees: number): number[] {
  const output = new Float64Array(image.length);
  rotateImage(Float64Array.from(image), output, createRotationTaps(shape, degrees));
  return Array.from(output);
}

/** The slow version: where the pixel came from, in polar terms, and the four pixels around that point. */
function rotateSlowly(image: readonly number[], [height, width]: readonly [number, number], degrees: number): number[] {
  const pixelAt = (row: number, column: number) =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : (image[row * width + column] ?? 0);
  return image.map((_, i) => {
    const [up, right] = [(height - 1) / 2 - Math.floor(i / width), (i % width) - (width - 1) / 2];
    const [radius, angle] = [Math.hypot(up, right), Math.atan2(up, right) - (degrees * Math.PI) / 180];
    const row = (height - 1) / 2 - radius * Math.sin(angle);
    const column = (width - 1) / 2 + radius * Math.cos(angle);
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const mixed = [top, top + 1].flatMap((r) =>
      [left, left + 1].map((c) => (1 - Math.abs(row - r)) * (1 - Math.abs(column - c)) * pixelAt(r, c)),
    );
    return mixed.reduce((sum, value) => sum + value, 0);
  });
}

describe("rotateImage()", () => {
  test("gives what a slow version gives, on images of any shape", () => {
    const side = fc.integer({ min: 1, max: 5 });
    const images = fc.tuple(side, side).chain(([height, width]) => {
      const pixels = fc.array(fc.nat(255), { minLength: height * width, maxLength: height * width });
      return fc.record({ pixels, shape: fc.constant<[number, number]>([height, width]) });
    });
    fc.assert(
      fc.property(images, fc.integer({ min: -180, max: 180 }), ({ pixels, shape }, degrees) => {
        const slow = rotateSlowly(pixels, shape, degrees);
        for (const [i, value] of rotate(pixels, shape, degrees).entries()) expect(value).toBeCloseTo(slow[i] ?? -1, 5);
      }),
    );
  });

  test("turns counter-clockwise, exactly at right angles, flattened images and channels alike", () => {
    expect(rotate([1, 2, 3, 4], [2, 2], 90)).toEqual([2, 4, 1, 3]);
    expect(rotate([1, 2, 3, 4], [4], -90)).toEqual([3, 1, 4, 2]);
    expect(rotate([1, 10, 2, 20, 3, 30, 4, 40], [2, 2, 2], 180)).toEqual([4, 40, 3, 30, 2, 20, 1, 10]);
    expect(rotate([1, 2, 3, 4, 5, 6], [2, 3], 360)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("leaves the centre alone, never brightens, and fills the corners with zeros", () => {
    fc.assert(
      fc.property(fc.integer({ min: -180, max: 180 }), (degrees) => {
        const turned = rotate(new Array(25).fill(1), [5, 5], degrees);
        expect(turned[12]).toBeCloseTo(1, 9);
        expect(Math.max(...turned)).toBeLessThanOrEqual(1 + 1e-9);
        expect(Math.min(...turned)).toBeGreaterThanOrEqual(0);
      }),
    );
    const corner = rotate(new Array(49).fill(1), [7, 7], 45)[0];
    expect(corner).toBe(0);
  });

  test("mixes four pixels by their nearness", () => {
    // A turn by atan(3/4) takes the pixel right of the centre from 0.8 columns right and 0.6 rows down.
    const degrees = (Math.atan2(3, 4) * 180) / Math.PI;
    const image = [0, 0, 0, 0, 8, 4, 0, 2, 1];
    const wanted = 0.4 * (0.2 * 8 + 0.8 * 4) + 0.6 * (0.2 * 2 + 0.8 * 1);
    expect(rotate(image, [3, 3], degrees)[5]).toBeCloseTo(wanted, 6);
  });
});
