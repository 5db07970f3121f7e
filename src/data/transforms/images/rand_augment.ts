import type { DecodedImage } from "../../images/decode_image.ts";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./colours.ts";
import { roundToEven } from "./crops.ts";
import { createShift, createSlant, createTurn, moveImage } from "./moves.ts";
import type { RowRandom } from "./row_random.ts";
import { adjustSharpness, autoContrast, equalize, posterize, solarize } from "./tones.ts";

/** The largest magnitude. */
const MOST = 30;

/** One operation, of a magnitude from 0 to 30; `sign` is 1 or −1. */
type Operation = (image: DecodedImage, magnitude: number, sign: number) => DecodedImage;

/** The share of a side that images are shifted by at most. */
const SHIFT = 150 / 331;

/** The operations in torchvision's order, which the draws go by. */
export const RAND_AUGMENT_OPERATIONS: readonly (readonly [name: string, apply: Operation])[] = [
  ["Identity", (image) => image],
  [
    "ShearX",
    (image, magnitude, sign) => moveImage(image, createSlant(image, { byRow: sign * findLevel(0.3, magnitude) })),
  ],
  [
    "ShearY",
    (image, magnitude, sign) => moveImage(image, createSlant(image, { byColumn: sign * findLevel(0.3, magnitude) })),
  ],
  [
    "TranslateX",
    (image, magnitude, sign) =>
      moveImage(image, createShift(sign * Math.floor(findLevel(SHIFT * image.width, magnitude)), 0)),
  ],
  [
    "TranslateY",
    (image, magnitude, sign) =>
      moveImage(image, createShift(0, sign * Math.floor(findLevel(SHIFT * image.height, magnitude)))),
  ],
  ["Rotate", (image, magnitude, sign) => moveImage(image, createTurn(sign * findLevel(30, magnitude)))],
  ["Brightness", (image, magnitude, sign) => adjustBrightness(image, 1 + sign * findLevel(0.9, magnitude))],
  ["Color", (image, magnitude, sign) => adjustSaturation(image, 1 + sign * findLevel(0.9, magnitude))],
  ["Contrast", (image, magnitude, sign) => adjustContrast(image, 1 + sign * findLevel(0.9, magnitude))],
  ["Sharpness", (image, magnitude, sign) => adjustSharpness(image, 1 + sign * findLevel(0.9, magnitude))],
  ["Posterize", (image, magnitude) => posterize(image, 8 - roundToEven((4 * magnitude) / MOST))],
  ["Solarize", (image, magnitude) => solarize(image, 255 - findLevel(255, magnitude))],
  ["AutoContrast", autoContrast],
  ["Equalize", equalize],
];

/**
 * Some operations one after another, each drawn from all, with one magnitude from 0 to 30 and either sign.
 * @see Cubuk et al. 2020, RandAugment, arXiv:1909.13719; torchvision's RandAugment with 31 bins
 */
export function randAugment(
  image: DecodedImage,
  { operations, magnitude }: { readonly operations: number; readonly magnitude: number },
  random: RowRandom,
): DecodedImage {
  let changed = image;
  for (let i = 0; i < operations; i++) {
    const [, apply] = RAND_AUGMENT_OPERATIONS[random.integer(RAND_AUGMENT_OPERATIONS.length)] ?? [];
    const sign = random.integer(2) === 0 ? 1 : -1;
    if (apply) changed = apply(changed, magnitude, sign);
  }
  return changed;
}

/** The level of a magnitude, of `most` at 30: in float32 and from the nearer end, as torch.linspace has it. */
function findLevel(most: number, magnitude: number): number {
  const step = Math.fround(most / MOST);
  if (magnitude <= MOST / 2) return Math.fround(step * magnitude);
  return Math.fround(Math.fround(most) - Math.fround(step * (MOST - magnitude)));
}
