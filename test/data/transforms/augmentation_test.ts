import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { copyToSharedInt32, createSharedFloat32, createSharedUint8 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { gatherSamples } from "../../../src/data/gather.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import {
  type Augmentation,
  type AugmentationDraw,
  augmentImage,
  drawAugmentation,
} from "../../../src/data/transforms/augmentation.ts";
import { relabelTasks } from "../../../src/data/transforms/relabel_tasks.ts";
import type { Transform } from "../../../src/data/transforms/transform.ts";

/** The slow version: pads with zeros, cuts out, mirrors. */
function augmentSlowly(
  image: ArrayLike<number>,
  [h, w, c]: [number, number, number],
  draw: AugmentationDraw,
): number[] {
  return Array.from({ length: h * w * c }, (_, i) => {
    const [y, x, channel] = [Math.floor(i / (w * c)), Math.floor(i / c) % w, i % c];
    const [fromY, fromX] = [y + draw.down, (draw.isFlipped ? w - 1 - x : x) + draw.right];
    return fromY >= 0 && fromY < h && fromX >= 0 && fromX < w ? (image[(fromY * w + fromX) * c + channel] ?? 0) : 0;
  });
}

const CROP_AND_FLIP: Augmentation = { cropPadding: 2, flip: true };

/** Eight images of 5 × 4 with three channels. */
function makeSource({ floats = false, transforms = [] as readonly Transform[], augmentation = CROP_AND_FLIP } = {}) {
  const x = floats ? createSharedFloat32(8 * 60) : createSharedUint8(8 * 60);
  for (let i = 0; i < x.length; i++) x[i] = 1 + ((i * 7) % 250);
  const y = copyToSharedInt32(new Int32Array(8));
  return createDataSource({ name: "made", x, y, sampleShape: [5, 4, 3], taskLabel: 0, transforms, augmentation });
}

function readRow({ x }: DataSource, row: number): Uint8Array | Float32Array {
  return x.subarray(row * 60, (row + 1) * 60);
}

describe("augmentImage()", () => {
  test("gives what padding, cutting out and mirroring give, for every draw", () => {
    const size = fc.integer({ min: 1, max: 5 });
    const cases = fc.tuple(size, size, fc.constantFrom(1, 3), fc.integer(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(cases, ([height, width, channels, a, b, isFlipped]) => {
        // Less than the image's size each way.
        const [down, right] = [a % height, b % width];
        const image = Uint8Array.from({ length: height * width * channels }, (_, i) => i + 1);
        const out = image.slice().fill(9);
        augmentImage(image, out, { height, width, channels, down, right, isFlipped });
        expect(Array.from(out)).toEqual(augmentSlowly(image, [height, width, channels], { down, right, isFlipped }));
      }),
    );
  });
});

describe("drawAugmentation()", () => {
  test("draws every place and both sides evenly, over rows, steps and seeds", () => {
    for (const vary of ["row", "step", "seed"] as const) {
      const counts = new Map<string, number>();
      for (let i = 0; i < 18_000; i++) {
        const { row, ...key } = { row: 3, step: 7, seed: 1, [vary]: i };
        const { down, right, isFlipped } = drawAugmentation({ cropPadding: 1, flip: true }, key, row);
        const draw = `${down} ${right} ${isFlipped}`;
        counts.set(draw, (counts.get(draw) ?? 0) + 1);
      }
      expect(counts.size).toBe(18);
      // Five standard deviations around a thousand.
      for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155);
    }
  });

  test("moves and mirrors only where asked to", () => {
    for (let row = 0; row < 50; row++) {
      const key = { seed: 1, step: 1 };
      expect(drawAugmentation({ cropPadding: 0, flip: true }, key, row)).toMatchObject({ down: 0, right: 0 });
      expect(drawAugmentation({ cropPadding: 4, flip: false }, key, row).isFlipped).toBe(false);
    }
  });
});

describe("gatherSamples() with an augmentation key", () => {
  const key = { seed: 5, step: 3 };

  test("changes raw images, then transforms them; other keys change them otherwise", () => {
    for (const floats of [false, true]) {
      const normalize = { kind: "normalize", mean: [1, 2, 3], std: [2, 2, 4] } as const;
      const source = makeSource({ floats, transforms: [normalize] });
      const { data } = readSamples(Dataset.fromSource(source), key);
      for (let row = 0; row < 8; row++) {
        const draw = drawAugmentation(CROP_AND_FLIP, key, row);
        const raw = augmentSlowly(readRow(source, row), [5, 4, 3], draw);
        const wanted = raw.map((value, i) => (value - (normalize.mean[i % 3] ?? 0)) / (normalize.std[i % 3] ?? 1));
        expect(Array.from(data.subarray(row * 60, (row + 1) * 60))).toEqual(wanted.map(Math.fround));
      }
      for (const other of [
        { ...key, step: 4 },
        { ...key, seed: 6 },
      ]) {
        expect(readSamples(Dataset.fromSource(source), other).data).not.toEqual(data);
      }
    }
  });

  test("leaves samples as they are without a key, in step 0, and where the source has no augmentation", () => {
    const source = makeSource();
    const plain = new Float32Array(source.x);
    expect(readSamples(Dataset.fromSource(source)).data).toEqual(plain);
    expect(readSamples(Dataset.fromSource(source), { seed: 5, step: 0 }).data).toEqual(plain);
    const { augmentation: _, ...rest } = source;
    expect(readSamples(Dataset.fromSource(createDataSource(rest)), key).data).toEqual(plain);
  });

  test("gives a sample the same image wherever it stands in a minibatch, in whichever range, under any task label", () => {
    const dataset = Dataset.fromSource(makeSource());
    const { data } = readSamples(dataset, key);
    const turned = relabelTasks(dataset.subset([7, 6, 5, 4, 3, 2, 1, 0]), 4);
    const out = new Float32Array(3 * 60);
    gatherSamples(turned.sources, turned.references, { start: 2, end: 5 }, out, key);
    const wanted = [5, 4, 3].flatMap((row) => Array.from(data.subarray(row * 60, (row + 1) * 60)));
    expect(Array.from(out)).toEqual(wanted);
  });
});

describe("createDataSource() with an augmentation", () => {
  test("refuses padding that is not below the size of the images, and samples that are none", () => {
    const refuse = (augmentation: Augmentation) => () => makeSource({ augmentation });
    expect(refuse({ cropPadding: 4, flip: true })).toThrow(
      "augmentation: cropPadding must be below 4, the size of the images, got 4",
    );
    expect(refuse({ cropPadding: 0.5, flip: true })).toThrow(
      "augmentation: cropPadding must be a whole number, got 0.5",
    );
    const parts = { ...makeSource(), x: createSharedUint8(8 * 7), sampleShape: [7] };
    expect(() => createDataSource(parts)).toThrow("an image needs");
  });
});
