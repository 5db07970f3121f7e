import { assertWholeNumber, cannot, RangeRefusal } from "../core/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import type { Augmentation } from "./augmentation.ts";
import { parseImageSize } from "./sample_shape.ts";
import type { Transform } from "./transform.ts";

/**
 * Checks a transform against the shape of the samples it will be applied to.
 * @throws {RangeError} If a number in it is out of range or its lengths do not fit.
 */
export function assertTransformFits(transform: Transform, sampleShape: readonly number[]): void {
  switch (transform.kind) {
    case "scale":
      assertFinite("scale", [transform.factor, transform.offset]);
      break;
    case "normalize":
      assertNormalization(transform.mean, transform.std, sampleShape.at(-1) ?? 1);
      break;
    case "permute":
      assertPermutation(transform.order, countElements(sampleShape));
      break;
    case "rotate":
      assertFinite("rotate", [transform.degrees]);
      parseImageSize(sampleShape);
      break;
  }
}

/**
 * Checks an augmentation against the shape of the samples it will be applied to.
 * @throws {RangeError} If they are no images, or the padding is no whole number below their height and width.
 */
export function assertAugmentationFits({ cropPadding }: Augmentation, sampleShape: readonly number[]): void {
  const act = "augment samples";
  assertWholeNumber(act, "cropPadding", cropPadding, 0);
  const { height, width } = parseImageSize(sampleShape);
  if (cropPadding < Math.min(height, width)) return;
  throw new RangeRefusal(
    cannot(act, `cropPadding below ${Math.min(height, width)}, the size of the images`, cropPadding),
  );
}

function assertFinite(kind: string, values: readonly number[]): void {
  if (!values.every(Number.isFinite)) {
    throw new RangeRefusal(cannot(`use the transform ${kind}`, "finite numbers", values));
  }
}

function assertNormalization(mean: readonly number[], std: readonly number[], channels: number): void {
  const act = "use the transform normalize";
  assertFinite("normalize", [...mean, ...std]);
  if (mean.length !== 1 && mean.length !== channels) {
    throw new RangeRefusal(cannot(act, `one mean, or one for each of ${channels} channels`, mean));
  }
  if (std.length !== mean.length) throw new RangeRefusal(cannot(act, `as many std as means (${mean.length})`, std));
  if (!std.every((value) => value > 0)) throw new RangeRefusal(cannot(act, "every std above 0", std));
}

function assertPermutation(order: Int32Array, size: number): void {
  const act = "use the transform permute";
  if (order.length !== size) throw new RangeRefusal(cannot(act, `an order of ${size} positions`, order.length));
  const seen = new Uint8Array(size);
  for (const position of order) {
    if (seen[position] !== 0) throw new RangeRefusal(cannot(act, `each of 0 to ${size - 1} once`, position));
    seen[position] = 1;
  }
}
