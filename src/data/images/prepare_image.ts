import { SyntaxRefusal } from "../../core/errors/errors.ts";
import type { DecoderSpec, WantedImage } from "../decoders/decoder_spec.ts";
import type { DecodedImage } from "./decode_image.ts";
import { resizeImage } from "./resize_image.ts";

/**
 * Brings an image to the size and the channels that samples have, with zeros behind the values of one that keeps its
 * size. The caller owns the result.
 */
export function prepareImage(image: DecodedImage, { imageSize, channels, pixels }: WantedImage): DecodedImage {
  const sized = imageSize ? resizeImage(image, imageSize) : image;
  const data = addChannels(sized.data, channels / sized.channels);
  return { ...sized, channels, data: pixels === undefined ? data : padRows(data, data.length, pixels * channels) };
}

/** The image that decoders look for. */
interface WantedRow {
  readonly row: number;
  /** What messages begin with: the file. */
  readonly subject: string;
}

/** @throws {SyntaxRefusal} If an image that keeps its size has another one than its header said. */
export function assertKeptSize(image: DecodedImage, { sizes }: WantedImage, { row, subject }: WantedRow): void {
  const [height = image.height, width = image.width] = sizes?.subarray(2 * row, 2 * row + 2) ?? [];
  if (image.height === height && image.width === width) return;
  const got = `got ${image.width} × ${image.height}`;
  throw new SyntaxRefusal(`${subject}: must have ${width} × ${height} pixels, as when it was looked at, ${got}`);
}

/** Rows of bytes, each in a longer one. Rows that do not fit stay as they are: their file has changed. */
export function padRows(rows: Uint8Array, size: number, wanted: number): Uint8Array {
  if (size >= wanted) return rows;
  const count = rows.length / size;
  const padded = new Uint8Array(count * wanted);
  for (let row = 0; row < count; row++) padded.set(rows.subarray(row * size, (row + 1) * size), row * wanted);
  return padded;
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
  return changeImages(spec, { channels: 3 });
}

/** The same images, brought to something else. */
export function changeImages(spec: DecoderSpec, change: Partial<WantedImage>): DecoderSpec {
  switch (spec.kind) {
    case "imageFiles":
    case "parquetImages":
    case "packedImages":
      return { ...spec, image: { ...spec.image, ...change } };
    case "parquetNumbers":
    case "npyRows":
    case "floatRows":
      return spec;
    case "joined":
      return { ...spec, parts: spec.parts.map((part) => ({ ...part, spec: changeImages(part.spec, change) })) };
  }
}
