import { formatBytes } from "../../core/array_limit.ts";

/** Channels by colour type: grey, RGB, palette, grey and RGB with transparency. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** What encoders add to pixels that cannot be packed is much less. */
const SLACK_BYTES = 65_536;

/** Where the header chunk ends, which comes first. */
const HEADER_END = 33;

/**
 * What is wrong with a PNG file by its chunks alone: the last is missing, or there is more packed data than an image of
 * its size can have, which a decoder would inflate for as long as it lasts. Undefined where nothing is.
 */
export function findPngFault(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let packedBytes = 0;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IDAT") packedBytes += length;
    at += 12 + length;
    if (type === "IEND" && at <= bytes.length && bytes.length >= HEADER_END) return findSurplus(view, packedBytes);
  }
  return "truncated PNG image";
}

function findSurplus(view: DataView, packedBytes: number): string | undefined {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const rowBits = width * view.getUint8(24) * (CHANNELS[view.getUint8(25)] ?? 4);
  const most = 2 * height * (Math.ceil(rowBits / 8) + 1) + SLACK_BYTES;
  if (packedBytes <= most) return undefined;
  return `damaged PNG image, which holds ${formatBytes(packedBytes)} of packed data for ${width} × ${height} pixels`;
}
