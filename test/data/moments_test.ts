import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { copyToSharedInt32, createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { type Moments, measureMoments, mergeMoments } from "../../src/data/moments.ts";

function makeRows(values: ArrayLike<number>, sampleShape: readonly number[]): Dataset {
  const x = Float32Array.from(values);
  const rows = x.length / sampleShape.reduce((product, length) => product * length, 1);
  return createArrayDataset({ name: "made", x, y: new Int32Array(rows), sampleShape });
}

/** The same from the definition. */
function define(values: readonly number[]): { readonly mean: number; readonly squares: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

const NOTHING: Moments = { count: 0, mean: new Float64Array(2), squares: new Float64Array(2) };

describe("measureMoments()", () => {
  test("gives what the definition gives, in however many pieces samples come", () => {
    const value = fc.float({ min: -1000, max: 1000, noNaN: true });
    const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.nat(40), (drawn, cut) => {
        const parts = [drawn.slice(0, cut), drawn.slice(cut)];
        const measured = parts.map((part) => measureMoments(makeRows(part.flat(), [2]), 2));
        const merged = measured.reduce(mergeMoments, NOTHING);
        expect(merged.count).toBe(drawn.length);
        for (const c of [0, 1]) {
          const { mean, squares } = define(drawn.map((row) => row[c] ?? 0));
          expect(Math.abs((merged.mean[c] ?? 0) - mean)).toBeLessThan(1e-9);
          expect(Math.abs((merged.squares[c] ?? 0) - squares)).toBeLessThan(1e-9 * (1 + squares));
        }
      }),
    );
  });

  test("is exactly 0 wide for a value that never changes, in more samples than are read at once", () => {
    const { count, mean, squares } = measureMoments(makeRows(new Float32Array(70_000).fill(0.1), [1]), 1);
    expect([count, mean[0], squares[0]]).toEqual([70_000, Math.fround(0.1), 0]);
  });

  test("takes the places of an image for values of its channels, transformed", () => {
    const x = Uint8Array.from([0, 10, 2, 30, 4, 50, 6, 70]);
    const transforms = [{ kind: "scale", factor: 0.5, offset: 1 } as const];
    const images = createArrayDataset({
      name: "images",
      x,
      y: [0],
      sampleShape: [2, 2, 2],
      layout: "nhwc",
      transforms,
    });
    const { count, mean, squares } = measureMoments(images, 2);
    expect([count, ...mean, ...squares]).toEqual([4, 2.5, 21, 5, 500]);
  });

  test("refuses values that are not finite, by the feature", () => {
    const x = createSharedFloat32(4);
    x.set([1, 2, 3, Number.NaN]);
    const parts = { name: "made", sampleShape: [2], taskLabel: 0, transforms: [], y: copyToSharedInt32([0, 0]) };
    const dataset = Dataset.fromSource(createDataSource({ ...parts, x }));
    expect(() => measureMoments(dataset, 2)).toThrow("made: the values of feature 1 must be finite");
  });
});
