import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, objectLike, required, wholeNumber } from "../../core/options/value_rules.ts";
import { mixBits } from "../../core/random_stream.ts";
import type { ImageSize } from "../sample_shape.ts";

/** How images are changed at random when they are trained on. Plain data, so that it crosses to Workers. */
export interface Augmentation {
  /** An image of the same size is cut out of one with so many zeros around it; 0 leaves it in its place. */
  readonly cropPadding: number;
  /** Mirrors every other image, left and right. */
  readonly flip: boolean;
}

/** What `Augmentation` may be. */
export const AUGMENTATION_RULES: OptionRules<Augmentation> = {
  cropPadding: required(wholeNumber()),
  flip: required(flag()),
};

/** The rule of an option that is an augmentation. */
export const AUGMENTATION_RULE = objectLike<Augmentation>("an augmentation such as { cropPadding: 4, flip: true }");

/** What decides an image's changes beside its row: the same numbers always give the same changes. */
export interface AugmentationKey {
  readonly seed: number;
  /** The training iteration's number from 1; 0 leaves images as they are. */
  readonly step: number;
}

/** What `AugmentationKey` may be. */
export const AUGMENTATION_KEY_RULES: OptionRules<AugmentationKey> = {
  seed: required(wholeNumber()),
  step: required(wholeNumber()),
};

/** One draw: how far the cut-out is moved down and to the right, and whether it is mirrored. */
export interface AugmentationDraw {
  readonly down: number;
  readonly right: number;
  readonly isFlipped: boolean;
}

/** Draws an image's changes from a hash of seed, step and row, so that no replica needs a random stream's state. */
export function drawAugmentation(
  { cropPadding, flip }: Augmentation,
  { seed, step }: AugmentationKey,
  row: number,
): AugmentationDraw {
  const places = 2 * cropPadding + 1;
  let hash = mixBits(mixBits(mixBits(seed + WEYL) ^ step) ^ row);
  const draw = (limit: number): number => {
    hash = mixBits(hash + WEYL);
    return (hash >>> 0) % limit;
  };
  const [down, right] = [draw(places) - cropPadding, draw(places) - cropPadding];
  return { down, right, isFlipped: flip && draw(2) === 1 };
}

/** Two to the 32 over the golden ratio: any odd number that is far from round would do. */
const WEYL = 0x9e3779b9;

/**
 * Writes an image [H, W, C] as it was drawn: output pixel (y, x) is input pixel (y + down, x + right), zeros outside,
 * then mirrored. `image` and `out` must be two arrays.
 */
export function augmentImage<Values extends Uint8Array | Float32Array>(
  image: Values,
  out: Values,
  { height, width, channels, down, right, isFlipped }: ImageSize & AugmentationDraw,
): void {
  const line = width * channels;
  const first = Math.max(0, -right);
  const count = Math.max(0, width - Math.abs(right));
  out.fill(0);
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
    const start = (y + down) * line + (first + right) * channels;
    out.set(image.subarray(start, start + count * channels), y * line + first * channels);
    if (isFlipped) mirrorLine(out, { start: y * line, width, channels });
  }
}

function mirrorLine(
  values: Uint8Array | Float32Array,
  { start, width, channels }: { readonly start: number; readonly width: number; readonly channels: number },
): void {
  for (let left = start, right = start + (width - 1) * channels; left < right; left += channels, right -= channels) {
    for (let c = 0; c < channels; c++) {
      const held = values[left + c] ?? 0;
      values[left + c] = values[right + c] ?? 0;
      values[right + c] = held;
    }
  }
}
