import { findPngFault } from "./png_chunks.ts";

/** The image files that are read, by their first bytes. */
export type ImageFormat = "AVIF" | "GIF" | "JPEG" | "PNG" | "TIFF" | "WebP";

/** The names that image files may end in, lower-case. */
export const IMAGE_EXTENSIONS = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".avif"] as const;

/** The formats, for messages. */
export const IMAGE_FORMATS = "PNG, JPEG, WebP, TIFF, GIF or AVIF";

/** What an image file is by its first bytes, whatever its name; undefined: none of these. */
export function recognizeImage(bytes: Uint8Array): ImageFormat | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (start.startsWith("\xff\xd8\xff")) return "JPEG";
  if (/^GIF8[79]a/.test(start)) return "GIF";
  if (/^RIFF.{4}WEBP/s.test(start)) return "WebP";
  // The second pair is BigTIFF.
  if (/^(?:II[*+]\0|MM\0[*+])/.test(start)) return "TIFF";
  return start.slice(4, 8) === "ftyp" && listBrands(bytes).includes("avif") ? "AVIF" : undefined;
}

/**
 * What is wrong with an image file by its outline alone, where a decoder may not mind: "truncated PNG image", say.
 * Undefined where nothing is.
 */
export function findOutlineFault(format: ImageFormat, bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "PNG":
      return findPngFault(bytes);
    case "WebP":
      return view.getUint32(4, true) + 8 > bytes.length ? "truncated WebP image" : undefined;
    case "AVIF":
    case "GIF":
    case "JPEG":
    case "TIFF":
      return undefined;
  }
}

/** The major brand and the compatible ones of an ISO base media file (ISO 14496-12, section 4.3). */
function listBrands(bytes: Uint8Array): string[] {
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const box = String.fromCharCode(...bytes.subarray(8, Math.min(size, 256)));
  return box.match(/.{4}/gs) ?? [];
}
