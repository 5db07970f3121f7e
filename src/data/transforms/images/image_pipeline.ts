import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import type { DecodedImage } from "../../images/decode_image.ts";
import { resizeImage } from "../../images/resize_image.ts";
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from "./colours.ts";
import {
  centerSquare,
  cropImage,
  drawCrop,
  drawErased,
  mirrorImage,
  padImage,
  type Rectangle,
  resizeCrop,
  scaleShape,
} from "./crops.ts";
import type { ImageTransforms, ResolvedImageTransform } from "./image_transform.ts";
import { randAugment } from "./rand_augment.ts";
import type { RowRandom } from "./row_random.ts";

/** What a sample becomes: the image, and the part of it that is 0 once it was normalised. */
export interface TransformedImage {
  readonly image: DecodedImage;
  readonly erased: readonly Rectangle[];
}

/** Transforms an image, one after another. What is random is drawn from `random`. */
export function transformImage(
  image: DecodedImage,
  transforms: readonly ResolvedImageTransform[],
  random: RowRandom,
): TransformedImage {
  let changed = image;
  const erased: Rectangle[] = [];
  for (const transform of transforms) {
    if (transform.kind !== "random-erasing") changed = applyTransform(changed, transform, random);
    else if (random.uniform() < transform.probability)
      erased.push(...[drawErased(changed, transform, random) ?? []].flat());
  }
  return { image: changed, erased };
}

function applyTransform(
  image: DecodedImage,
  transform: Exclude<ResolvedImageTransform, { kind: "random-erasing" }>,
  random: RowRandom,
): DecodedImage {
  switch (transform.kind) {
    case "resize": {
      const [height, width] = findResized(image, transform);
      return resizeImage(image, { height, width });
    }
    case "center-crop":
      return cropImage(image, centerSquare(image.height, image.width, transform.size));
    case "random-crop": {
      const padded = padImage(image, transform.padding);
      const { size } = transform;
      const top = random.integer(padded.height - size + 1);
      return cropImage(padded, { top, left: random.integer(padded.width - size + 1), height: size, width: size });
    }
    case "random-resized-crop":
      return resizeCrop(image, drawCrop(image, transform, random), transform.size);
    case "horizontal-flip":
      return random.uniform() < transform.probability ? mirrorImage(image) : image;
    case "color-jitter":
      return jitterColours(image, transform, random);
    case "rand-augment":
      return randAugment(image, transform, random);
  }
}

function findResized(
  { height, width }: Pick<DecodedImage, "height" | "width">,
  { size, width: wanted }: { readonly size: number; readonly width?: number | undefined },
): readonly [height: number, width: number] {
  return wanted === undefined ? scaleShape(height, width, size) : [size, wanted];
}

/** In a random order, as torchvision's ColorJitter. */
function jitterColours(
  image: DecodedImage,
  { brightness, contrast, saturation, hue }: Extract<ResolvedImageTransform, { kind: "color-jitter" }>,
  random: RowRandom,
): DecodedImage {
  const factor = (strength: number) => random.uniform(Math.max(0, 1 - strength), 1 + strength);
  const [light, contrasted, coloured, turn] = [
    factor(brightness),
    factor(contrast),
    factor(saturation),
    random.uniform(-hue, hue),
  ];
  const changes = [
    (from: DecodedImage) => (brightness > 0 ? adjustBrightness(from, light) : from),
    (from: DecodedImage) => (contrast > 0 ? adjustContrast(from, contrasted) : from),
    (from: DecodedImage) => (saturation > 0 ? adjustSaturation(from, coloured) : from),
    (from: DecodedImage) => (hue > 0 ? adjustHue(from, turn) : from),
  ];
  let changed = image;
  while (changes.length > 0) {
    const [change] = changes.splice(random.integer(changes.length), 1);
    if (change) changed = change(changed);
  }
  return changed;
}

/**
 * The shape [height, width, channels] of images behind some transforms.
 * @throws {RangeRefusal} If a crop is larger than its image.
 */
export function findTransformedShape(
  rawShape: readonly number[],
  transforms: readonly ResolvedImageTransform[],
): readonly number[] {
  let [height = 0, width = 0, channels = 1] = rawShape;
  for (const transform of transforms) {
    const least = Math.min(height, width);
    switch (transform.kind) {
      case "resize":
        [height, width] = findResized({ height, width }, transform);
        break;
      case "center-crop":
      case "random-crop": {
        const padding = transform.kind === "random-crop" ? transform.padding : 0;
        assertCrop(transform, least + 2 * padding);
        [height, width] = [transform.size, transform.size];
        break;
      }
      case "random-resized-crop":
        [height, width] = [transform.size, transform.size];
        break;
      case "horizontal-flip":
      case "color-jitter":
      case "rand-augment":
      case "random-erasing":
        break;
    }
  }
  return [height, width, channels];
}

/**
 * The shape of images behind some transforms, whatever their sizes [rows, 2] before; without sizes, of those of
 * `rawShape`.
 * @throws {RangeRefusal} If a crop is larger than its image, or images come out in different sizes.
 */
export function findCommonShape(
  rawShape: readonly number[],
  transforms: readonly ResolvedImageTransform[],
  imageSizes: Int32Array | undefined,
): readonly number[] {
  if (!imageSizes) return findTransformedShape(rawShape, transforms);
  const seen = new Set<string>();
  let common: readonly number[] | undefined;
  for (let at = 0; at < imageSizes.length; at += 2) {
    const [height = 0, width = 0] = imageSizes.subarray(at, at + 2);
    const key = `${height} ${width}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const shape = findTransformedShape([height, width, rawShape[2] ?? 1], transforms);
    common ??= shape;
    if (shape.join() === common.join()) continue;
    const cure = "images of different sizes need a crop, or a width to resize to, or set imageSize";
    throw new RangeRefusal(`transforms: ${cure}, got ${describeValue(common)} and ${describeValue(shape)}`);
  }
  return common ?? findTransformedShape(rawShape, transforms);
}

function assertCrop({ kind, size }: { readonly kind: string; readonly size: number }, most: number): void {
  if (size <= most) return;
  throw new RangeRefusal(
    `transform ${kind}: size must be at most ${most}, that of the image, got ${describeValue(size)}`,
  );
}

/**
 * What is done at any other time than in training, where nothing says it: the sizes without the draws. A random part of
 * an image becomes the square in its middle.
 */
export function deriveEvaluation(
  train: readonly ResolvedImageTransform[],
  rawShape: readonly number[],
): ImageTransforms["evaluation"] {
  const evaluation: ResolvedImageTransform[] = [];
  for (const transform of train) {
    switch (transform.kind) {
      case "resize":
      case "center-crop":
        evaluation.push(transform);
        break;
      case "random-resized-crop": {
        const { size } = transform;
        evaluation.push({ kind: "resize", size }, { kind: "center-crop", size });
        break;
      }
      case "random-crop": {
        const { size } = transform;
        const [height, width] = findTransformedShape(rawShape, evaluation);
        if (height !== size || width !== size) evaluation.push({ kind: "center-crop", size });
        break;
      }
      case "horizontal-flip":
      case "color-jitter":
      case "rand-augment":
      case "random-erasing":
        break;
    }
  }
  return evaluation;
}
