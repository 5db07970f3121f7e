import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { findCommonShape } from "./image_pipeline.ts";
import type { ImageTransforms } from "./image_transform.ts";

/** What is known of the samples that transforms are for. */
interface TransformedSamples {
  readonly x: Uint8Array | Float32Array;
  readonly rawShape?: readonly number[] | undefined;
  readonly sampleShape: readonly number[];
  readonly imageSizes?: Int32Array | undefined;
  readonly augmentation?: unknown;
}

/**
 * @param subject What messages begin with: the source.
 * @throws {RangeRefusal} If samples are no images of bytes, or transforms give images of another shape than theirs.
 */
export function assertImageTransformsFit(
  subject: string,
  transforms: ImageTransforms,
  { x, rawShape, sampleShape, imageSizes, augmentation }: TransformedSamples,
): void {
  const shape = rawShape ?? sampleShape;
  if (!(x instanceof Uint8Array) || shape.length !== 3 || ![1, 3].includes(shape[2] ?? 0)) {
    throw new RangeRefusal(
      `${subject}: transforms require images of bytes, got samples of shape ${describeValue(shape)}`,
    );
  }
  if (augmentation) throw new RangeRefusal(`${subject}: transforms cannot be used with an augmentation`);
  for (const part of ["train", "evaluation"] as const) {
    const found = findCommonShape(shape, transforms[part], imageSizes);
    if (found.join() === sampleShape.join()) continue;
    const wanted = `images of shape ${describeValue(sampleShape)}`;
    throw new RangeRefusal(`${subject}: transforms in ${part} must give ${wanted}, got ${describeValue(found)}`);
  }
}
