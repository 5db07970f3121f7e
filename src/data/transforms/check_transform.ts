import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type AnyOptionRules, assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { anything, listOf, number, objectLike, oneOf, required } from "../../core/options/value_rules.ts";
import { parseImageSize } from "../sample_shape.ts";
import { AUGMENTATION_RULES, type Augmentation } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

const KIND = required(oneOf(["scale", "normalize", "permute", "rotate"]));

/** What transforms of each kind may be. */
const TRANSFORM_RULES: { readonly [Kind in Transform["kind"]]: OptionRules<Extract<Transform, { kind: Kind }>> } = {
  scale: { kind: KIND, factor: required(number()), offset: required(number()) },
  normalize: { kind: KIND, mean: required(listOf(number())), std: required(listOf(number())) },
  permute: { kind: KIND, order: required(objectLike("an Int32Array", "buffer")) },
  rotate: { kind: KIND, degrees: required(number()) },
};

/** What there is in a transform of any kind. */
const ANY_TRANSFORM_RULES: AnyOptionRules = {
  kind: KIND,
  factor: anything(),
  offset: anything(),
  mean: anything(),
  std: anything(),
  order: anything(),
  degrees: anything(),
};

/**
 * Checks a transform against the shape of the samples it will be applied to.
 * @throws {RangeError} If a number in it is out of range or its lengths do not fit.
 */
export function assertTransformFits(transform: Transform, sampleShape: readonly number[]): void {
  assertOptions("transform", transform, ANY_TRANSFORM_RULES);
  assertOptions(`transform ${transform.kind}`, transform, TRANSFORM_RULES[transform.kind]);
  switch (transform.kind) {
    case "scale":
      break;
    case "normalize":
      assertNormalization(transform.mean, transform.std, sampleShape.at(-1) ?? 1);
      break;
    case "permute":
      assertPermutation(transform.order, countElements(sampleShape));
      break;
    case "rotate":
      parseImageSize(sampleShape);
      break;
  }
}

/**
 * Checks an augmentation against the shape of the samples it will be applied to.
 * @throws {RangeError} If they are no images, or the padding is no whole number below their height and width.
 */
export function assertAugmentationFits(augmentation: Augmentation, sampleShape: readonly number[]): void {
  assertOptions("augmentation", augmentation, AUGMENTATION_RULES);
  const { cropPadding } = augmentation;
  const { height, width } = parseImageSize(sampleShape);
  const size = Math.min(height, width);
  if (cropPadding < size) return;
  throw new RangeRefusal(`augmentation: cropPadding must be below ${size}, the size of the images, got ${cropPadding}`);
}

function assertNormalization(mean: readonly number[], std: readonly number[], channels: number): void {
  const act = "the transform normalize";
  if (mean.length !== 1 && mean.length !== channels) {
    throw new RangeRefusal(needs(act, `one mean, or one for each of ${channels} channels`, mean));
  }
  if (std.length !== mean.length) throw new RangeRefusal(needs(act, `as many std as means (${mean.length})`, std));
  if (!std.every((value) => value > 0)) throw new RangeRefusal(needs(act, "every std above 0", std));
}

function assertPermutation(order: Int32Array, size: number): void {
  const act = "the transform permute";
  if (order.length !== size) throw new RangeRefusal(needs(act, `an order of ${size} positions`, order.length));
  const seen = new Uint8Array(size);
  for (const position of order) {
    if (seen[position] !== 0) throw new RangeRefusal(needs(act, `each of 0 to ${size - 1} once`, position));
    seen[position] = 1;
  }
}
