import type { DecoderSpec, WantedImage } from "../decoders/decoder_spec.ts";
import type { DecodedImage } from "./decode_image.ts";
import { resizeImage } from "./resize_image.ts";

/** Brings an image to the size and the channels that samples have. The caller owns the result. */
export function prepareImage(image: DecodedImage, { imageSize, channels }: WantedImage): DecodedImage {
  const sized = imageSize ? resizeImage(image, imageSize) : image;
  return { ...sized, channels, data: addChannels(sized.data, channels / sized.channels) };
}

/**
 * Repeats every value of grey images, `times` times: 1 gives them back, 3 makes them red, green and blue.
 */
export function addChannels(values: Uint8Array, times: number): Uint8Array {
  if (times === 1) return values;
  return Uint8Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)] ?? 0);
}

/** The same images with three channels. */
export function addColour(spec: DecoderSpec): DecoderSpec {
  switch (spec.kind) {
    case "imageFiles":
    case "parquetImages":
    case "packedImages":
      return { ...spec, image: { ...spec.image, channels: 3 } };
    case "parquetNumbers":
    case "npyRows":
    case "floatRows":
      return spec;
    case "joined":
      return { ...spec, parts: spec.parts.map((part) => ({ ...part, spec: addColour(part.spec) })) };
  }
}
