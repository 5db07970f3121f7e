import type { Metadata } from "sharp";
import { describeCause, SyntaxRefusal } from "../../core/errors/errors.ts";
import { readStart } from "../readers/read_bytes.ts";
import { findOutlineFault, IMAGE_FORMATS, type ImageFormat, recognizeImage } from "./image_format.ts";
import { loadSharp } from "./load_sharp.ts";

/** An image of bytes, [height, width, channels]: one channel for shades of grey, three for red, green and blue. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** More are refused by the size that a file declares, before its pixels are read. */
const MAX_PIXELS = 100_000_000;

/** What a format is recognised by. */
const START_BYTES = 256;

/** libvips's colour spaces that are read, with their channels. */
const SPACES = [
  ["b-w", 1],
  ["srgb", 3],
  ["cmyk", 4],
] as const;

/**
 * Decodes a PNG, JPEG, WebP, TIFF, GIF or AVIF file, whichever its first bytes say, by sharp (libvips). The numbers
 * are those of the file: colour profiles are not applied. Pixels are turned as the file's EXIF orientation says.
 * Transparency is left out (transparent pixels of a GIF are black). A palette image has three channels whatever its
 * colours. CMYK becomes (255 − C) · (255 − K) / 255 and so on, as in Pillow. The caller owns the result.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If it is none of these, truncated or damaged, has more than 8 bits a channel (which would
 *   have to be cut), several frames or pages, other colours, or more than 100 million pixels.
 */
export async function decodeImage(bytes: Uint8Array, subject: string): Promise<DecodedImage> {
  const format = assertFormat(bytes, subject);
  const fault = findOutlineFault(format, bytes);
  if (fault !== undefined) throw new SyntaxRefusal(`${subject}: ${fault}`);
  const sharp = await loadSharp();
  const refuse = (cause: unknown) => refuseFile(cause, { subject, format });
  const metadata = await sharp(bytes, { limitInputPixels: false, limitInputChannels: false }).metadata().catch(refuse);
  const space = chooseSpace(metadata, subject);
  const { data, info } = await sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .removeAlpha()
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(refuse);
  const { height, width } = info;
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (space === "cmyk") return { height, width, channels: 3, data: convertInks(values) };
  return { height, width, channels: space === "b-w" ? 1 : 3, data: values };
}

/** An image as its file's header declares it. */
export type ImageOutline = Pick<DecodedImage, "height" | "width" | "channels">;

/**
 * Reads the header of an image file alone: what `decodeImage` will make of it, if the rest is whole.
 * @throws {RefusalError} If it cannot be read, is no image or one that is not taken; the message names it.
 */
export async function readImageOutline(source: string | Uint8Array, subject: string): Promise<ImageOutline> {
  const start = typeof source === "string" ? await readStart(source, START_BYTES) : source.subarray(0, START_BYTES);
  const format = assertFormat(start, subject);
  const sharp = await loadSharp();
  const refuse = (cause: unknown) => refuseFile(cause, { subject, format });
  const options = { limitInputPixels: false, limitInputChannels: false } as const;
  const metadata = await sharp(source, options).metadata().catch(refuse);
  const space = chooseSpace(metadata, subject);
  const { height, width } = metadata.autoOrient;
  return { height, width, channels: space === "b-w" ? 1 : 3 };
}

function assertFormat(bytes: Uint8Array, subject: string): ImageFormat {
  const format = recognizeImage(bytes);
  if (format) return format;
  throw new SyntaxRefusal(`${subject}: must be a ${IMAGE_FORMATS} image`);
}

/** The colours that are asked of sharp: those of the file. */
function chooseSpace(
  { width, height, space, channels, depth, bitsPerSample, pages = 1 }: Metadata,
  subject: string,
): (typeof SPACES)[number][0] {
  if (width * height > MAX_PIXELS) {
    throw new SyntaxRefusal(`${subject}: must have at most ${MAX_PIXELS} pixels, got ${width} × ${height}`);
  }
  if (pages > 1) throw new SyntaxRefusal(`${subject}: must hold one image, got ${pages} frames or pages`);
  if (depth !== "uchar") {
    const bits = bitsPerSample === undefined ? depth : `${bitsPerSample} bits`;
    throw new SyntaxRefusal(`${subject}: must have 8 bits a channel, got ${bits} (other values go into x.npy)`);
  }
  const found = SPACES.find(([name]) => name === space);
  // One channel more is transparency.
  if (found && (channels === found[1] || channels === found[1] + 1)) return found[0];
  throw new SyntaxRefusal(`${subject}: colours must be grey, RGB or CMYK, got ${channels} channels of ${space}`);
}

/** CMYK to RGB without a profile. */
function convertInks(inks: Uint8Array): Uint8Array {
  const data = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - (inks[from + 3] ?? 0);
    for (let c = 0; c < 3; c++) data[to + c] = Math.round(((255 - (inks[from + c] ?? 0)) * light) / 255);
  }
  return data;
}

/** libvips says what is wrong in the words of its libraries, several lines of them. */
function refuseFile(cause: unknown, { subject, format }: { subject: string; format: ImageFormat }): never {
  const isShort = /premature end|unexpected end|got \d+ bytes, expected/i.test(describeCause(cause));
  const state = isShort ? "truncated" : "damaged or unsupported";
  throw new SyntaxRefusal(`${subject}: ${state} ${format} image`, { cause });
}
