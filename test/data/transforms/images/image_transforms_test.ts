import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { DecodedImage } from "../../../../src/data/images/decode_image.ts";
import { resizeImage } from "../../../../src/data/images/resize_image.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
} from "../../../../src/data/transforms/images/colours.ts";
import {
  centerSquare,
  cropImage,
  drawCrop,
  mirrorImage,
  resizeCrop,
  scaleShape,
} from "../../../../src/data/transforms/images/crops.ts";
import {
  deriveEvaluation,
  findTransformedShape,
  transformImage,
} from "../../../../src/data/transforms/images/image_pipeline.ts";
import {
  IMAGE_TRANSFORMS,
  type ImageTransform,
  resolveImageTransforms,
} from "../../../../src/data/transforms/images/image_transform.ts";
import { RAND_AUGMENT_OPERATIONS } from "../../../../src/data/transforms/images/rand_augment.ts";
import { RowRandom } from "../../../../src/data/transforms/images/row_random.ts";

interface Recorded {
  readonly shape: readonly [number, number, number];
  readonly data: string;
}

/** scripts/peers/image_transforms.py */
const recorded: { readonly image: Recorded; readonly records: Readonly<Record<string, Recorded>> } = JSON.parse(
  readFileSync(new URL("torchvision.json", import.meta.url), "utf8"),
);

function decode({ shape: [height, width], data }: Recorded): DecodedImage {
  return { height, width, channels: 3, data: Uint8Array.from(Buffer.from(data, "base64")) };
}

const image = decode(recorded.image);

/** What torchvision's functions are here. */
const MADE: Readonly<Record<string, () => DecodedImage>> = {
  "resize 11": () => resizeTo(11),
  "resize 30": () => resizeTo(30),
  "center-crop 9": () => cropImage(image, centerSquare(image.height, image.width, 9)),
  "center-crop 14": () => cropImage(image, centerSquare(image.height, image.width, 14)),
  "crop and resize": () => resizeCrop(image, { top: 3, left: 5, height: 11, width: 13 }, 8),
  flip: () => mirrorImage(image),
  "brightness 0.3": () => adjustBrightness(image, 0.3),
  "brightness 1.7": () => adjustBrightness(image, 1.7),
  "contrast 0.4": () => adjustContrast(image, 0.4),
  "contrast 1.6": () => adjustContrast(image, 1.6),
  "saturation 0.2": () => adjustSaturation(image, 0.2),
  "saturation 1.9": () => adjustSaturation(image, 1.9),
  "hue -0.3": () => adjustHue(image, -0.3),
  "hue 0.1": () => adjustHue(image, 0.1),
  ...Object.fromEntries(
    RAND_AUGMENT_OPERATIONS.flatMap(([name, apply]) =>
      [9, 23].flatMap((magnitude) =>
        [1, -1].map((sign) => [`${name} ${magnitude} ${sign}`, () => apply(image, magnitude, sign)]),
      ),
    ),
  ),
};

function resizeTo(size: number): DecodedImage {
  const [height, width] = scaleShape(image.height, image.width, size);
  return resizeImage(image, { height, width });
}

/** Whether a crop is larger than its image. */
function isRefused(rawShape: readonly number[], transforms: Parameters<typeof findTransformedShape>[1]): boolean {
  try {
    findTransformedShape(rawShape, transforms);
    return false;
  } catch {
    return true;
  }
}

/** What is done in evaluation; nothing where a crop is larger than its image there. */
function deriveUnlessRefused(train: Parameters<typeof deriveEvaluation>[0], rawShape: readonly number[]) {
  try {
    return deriveEvaluation(train, rawShape);
  } catch {
    return [];
  }
}

/** Values that float32 arithmetic in another order may round to the next byte: of resizing and of hues. */
const ROUNDED = /^(?:resize|crop and resize|hue)/;

describe("transforms of images", () => {
  for (const [name, wanted] of Object.entries(recorded.records)) {
    test(`make of an image what torchvision does: ${name}`, () => {
      const made = MADE[name]?.();
      const { data, height, width } = decode(wanted);
      expect([made?.height, made?.width]).toEqual([height, width]);
      const differences = Array.from(data, (value, i) => Math.abs(value - (made?.data[i] ?? 0)));
      expect(Math.max(...differences)).toBeLessThanOrEqual(ROUNDED.test(name) ? 1 : 0);
      expect(differences.filter((difference) => difference > 0).length).toBeLessThanOrEqual(data.length / 50);
    });
  }

  test("draw the same for the same seed, iteration and row, and other ones else", () => {
    const transforms = resolveImageTransforms("transforms", [
      { kind: "random-resized-crop", size: 12 },
      { kind: "horizontal-flip" },
      { kind: "color-jitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
      { kind: "rand-augment" },
    ]);
    const make = (seed: number, step: number, row: number) =>
      transformImage(image, transforms, new RowRandom({ seed, step }, row)).image.data;
    const texts = new Set<string>();
    for (const [seed, step, row] of [
      [1, 1, 1],
      [2, 1, 1],
      [1, 2, 1],
      [1, 1, 2],
    ] as const) {
      expect(make(seed, step, row)).toEqual(make(seed, step, row));
      texts.add(make(seed, step, row).join());
    }
    expect(texts.size).toBe(4);
  });

  test("give images of the shape that is foretold, in training and evaluation", () => {
    const transform: fc.Arbitrary<ImageTransform> = fc.oneof(
      fc.record({ kind: fc.constant("resize" as const), size: fc.integer({ min: 12, max: 20 }) }),
      fc.record({ kind: fc.constant("center-crop" as const), size: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ kind: fc.constant("random-resized-crop" as const), size: fc.integer({ min: 8, max: 12 }) }),
      fc.record({ kind: fc.constant("random-crop" as const), size: fc.constant(8), padding: fc.constant(4) }),
      fc.constant({ kind: "rand-augment" as const, operations: 3 }),
      fc.constant({ kind: "random-erasing" as const, probability: 1 }),
    );
    fc.assert(
      fc.property(fc.array(transform, { maxLength: 4 }), fc.nat(1000), (given, row) => {
        const train = resolveImageTransforms("transforms", given);
        const rawShape = [image.height, image.width, 3];
        for (const transforms of [train, deriveUnlessRefused(train, rawShape)]) {
          if (isRefused(rawShape, transforms)) continue;
          const made = transformImage(image, transforms, new RowRandom({ seed: 1, step: 1 }, row));
          const [height, width] = findTransformedShape(rawShape, transforms);
          expect([made.image.height, made.image.width]).toEqual([height ?? 0, width ?? 0]);
          expect(made.image.data.length).toBe(made.image.height * made.image.width * 3);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("draw crops of the shares and proportions that they were told, evenly over the image", () => {
    const range = { minScale: 0.2, maxScale: 0.5, minRatio: 0.75, maxRatio: 4 / 3 };
    const places = [0, 0];
    const count = 4000;
    for (let row = 0; row < count; row++) {
      const size = { height: 200, width: 300 };
      const { top, left, height, width } = drawCrop(size, range, new RowRandom({ seed: 3, step: 1 }, row));
      const share = (height * width) / (200 * 300);
      expect(share).toBeGreaterThan(0.19);
      expect(share).toBeLessThan(0.51);
      expect(width / height).toBeGreaterThan(0.74);
      expect(width / height).toBeLessThan(1.36);
      places[0] = (places[0] ?? 0) + top / (200 - height);
      places[1] = (places[1] ?? 0) + left / (300 - width);
    }
    // The mean of uniform draws: its deviation is 0.29 / √4000.
    for (const sum of places) expect(Math.abs(sum / count - 0.5)).toBeLessThan(0.02);
  });

  test("flip half of the images, and erase the share that they were told", () => {
    const flip = resolveImageTransforms("transforms", [{ kind: "horizontal-flip" }]);
    const erase = resolveImageTransforms("transforms", [{ kind: "random-erasing", probability: 0.3 }]);
    let [flipped, erased] = [0, 0];
    for (let row = 0; row < 2000; row++) {
      const random = () => new RowRandom({ seed: 5, step: 2 }, row);
      if (transformImage(image, flip, random()).image !== image) flipped += 1;
      erased += transformImage(image, erase, random()).erased.length;
    }
    expect(Math.abs(flipped / 2000 - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(erased / 2000 - 0.3)).toBeLessThan(0.04);
  });

  test("refuse what they do not take, and say what they do", () => {
    const resolve = (transform: object) => () => resolveImageTransforms("transforms", [transform as ImageTransform]);
    expect(resolve({ kind: "crop" })).toThrow(
      `transforms[0]: kind must be one of ${Object.keys(IMAGE_TRANSFORMS)
        .map((name) => JSON.stringify(name))
        .join(", ")}, got "crop"`,
    );
    expect(resolve({ kind: "resize" })).toThrow("transforms[0] (resize): size");
    expect(resolve({ kind: "horizontal-flip", p: 0.5 })).toThrow('unknown option "p"');
    expect(resolve({ kind: "random-resized-crop", size: 8, minScale: 0.9, maxScale: 0.5 })).toThrow(
      "minScale must be at most 0.5",
    );
    expect(() => findTransformedShape([8, 8, 3], [{ kind: "center-crop", size: 9 }])).toThrow("size must be at most 8");
  });
});
