import { countElements } from "../../../core/host_tensor.ts";
import type { DataSource } from "../../data_source.ts";
import type { DecodedImage } from "../../images/decode_image.ts";
import { parseImageSize } from "../../sample_shape.ts";
import type { AugmentationKey } from "../augmentation.ts";
import { transformImage } from "./image_pipeline.ts";
import type { ImageTransforms } from "./image_transform.ts";
import { RowRandom } from "./row_random.ts";

/** Where no transform is random. */
const NO_KEY: AugmentationKey = { seed: 0, step: 0 };

/** What a reader of transformed images is made of. */
export interface ImageRowParts {
  readonly imageTransforms: ImageTransforms;
  /** The raw values of a row, borrowed until the next call. */
  readonly raw: (row: number) => Uint8Array | Float32Array;
  /** Writes the values of a transformed image to `out`, normalised. */
  readonly write: (image: Uint8Array, out: Float32Array, offset: number) => void;
}

/** Reads rows of a source through its transforms of images: those of training with a key, else those of evaluation. */
export function createImageRowReader(
  { rawShape, sampleShape, imageSizes, rowNumbers }: DataSource,
  { imageTransforms, raw, write }: ImageRowParts,
) {
  const { height, width, channels } = parseImageSize(rawShape ?? sampleShape);
  const size = countElements(sampleShape);
  return (row: number, out: Float32Array, offset: number, key?: AugmentationKey) => {
    const whole = raw(row);
    if (!(whole instanceof Uint8Array)) throw new Error("Cannot transform images of floats");
    const own = { height: imageSizes?.[2 * row] ?? height, width: imageSizes?.[2 * row + 1] ?? width };
    const data = whole.subarray(0, own.height * own.width * channels);
    const image: DecodedImage = { ...own, channels: channels === 1 ? 1 : 3, data };
    const random = new RowRandom(key ?? NO_KEY, rowNumbers?.[row] ?? row);
    const transforms = key ? imageTransforms.train : imageTransforms.evaluation;
    const transformed = transformImage(image, transforms, random);
    write(transformed.image.data, out, offset);
    for (const { top, left, height: lines, width: columns } of transformed.erased) {
      const line = (sampleShape[1] ?? 0) * channels;
      for (let y = top; y < top + lines; y++) {
        const start = offset + y * line + left * channels;
        out.fill(0, start, Math.min(start + columns * channels, offset + size));
      }
    }
  };
}
