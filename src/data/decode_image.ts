import { cannot, describeCause, SyntaxRefusal } from "../core/errors.ts";

/** An image of bytes, [height, width, channels]: one channel for shades of grey, three for red, green and blue. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** The most that decoding one JPEG file may take. */
const MAX_JPEG_MEGABYTES = 1024;

/**
 * Decodes a PNG or JPEG file, whichever its first bytes say. Transparency is left out, 16 bits are cut to 8; a palette
 * image has three channels whatever its colours.
 * @param act What a refusal begins with: `read "cat/1.png"`, say.
 * @throws {SyntaxError} If it is neither, truncated or damaged.
 */
export async function decodeImage(bytes: Uint8Array, act: string): Promise<DecodedImage> {
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) throw new SyntaxRefusal(cannot(act, "a PNG or JPEG image", "a file that begins otherwise"));
  try {
    return isPng ? await decodePng(bytes) : await decodeJpeg(bytes);
  } catch (cause) {
    // Reading behind the end is a RangeError whose words differ from runtime to runtime.
    const isShort = cause instanceof RangeError;
    const got = isShort ? "a truncated one" : describeCause(cause);
    throw new SyntaxRefusal(cannot(act, `a whole ${isPng ? "PNG" : "JPEG"} image`, got), { cause });
  }
}

async function decodePng(bytes: Uint8Array): Promise<DecodedImage> {
  const { convertIndexedToRgb, decode } = await import("fast-png");
  const image = decode(bytes, { checkCrc: true });
  const { width, height, depth } = image;
  const isIndexed = image.palette !== undefined;
  const values = isIndexed ? convertIndexedToRgb(image) : image.data;
  const given = isIndexed ? (image.palette?.[0]?.length ?? 3) : image.channels;
  const pixels = width * height;
  const channels = given < 3 ? 1 : 3;
  const data = new Uint8Array(pixels * channels);
  // Grey of less than 8 bits stays packed in fast-png's answer.
  const read = !isIndexed && depth < 8 ? readPacked(values, { width, depth }) : (at: number) => values[at] ?? 0;
  const shift = depth === 16 ? 8 : 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) data[pixel * channels + c] = read(pixel * given + c) >> shift;
  }
  return { height, width, channels, data };
}

/** Values of 1, 2 or 4 bits, every row begun at a byte of its own, spread over 0 to 255. */
function readPacked(values: ArrayLike<number>, { width, depth }: { width: number; depth: number }) {
  const rowBytes = Math.ceil((width * depth) / 8);
  const most = (1 << depth) - 1;
  return (at: number): number => {
    const bit = (at % width) * depth;
    const byte = values[Math.floor(at / width) * rowBytes + (bit >> 3)] ?? 0;
    return (((byte >> (8 - depth - (bit & 7))) & most) * 255) / most;
  };
}

async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const { decode } = await import("jpeg-js");
  const options = { useTArray: true, formatAsRGBA: false, tolerantDecoding: false } as const;
  const { width, height, data } = decode(bytes, { ...options, maxMemoryUsageInMB: MAX_JPEG_MEGABYTES });
  if (countJpegComponents(bytes) !== 1) return { height, width, channels: 3, data };
  // jpeg-js gives every image three channels.
  return { height, width, channels: 1, data: Uint8Array.from({ length: width * height }, (_, i) => data[3 * i] ?? 0) };
}

/** How many components the frame header (SOF) declares; 0 if there is none. ITU-T T.81, B.2.2. */
function countJpegComponents(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 10 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    // C4, C8 and CC among the frame headers are tables of other kinds.
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker))
      return view.getUint8(at + 9);
  }
  return 0;
}
