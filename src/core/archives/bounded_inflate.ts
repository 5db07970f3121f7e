import { constants, gunzipSync, inflateRawSync } from "node:zlib";
import { formatBytes } from "../array_limit.ts";
import { RangeRefusal, SyntaxRefusal } from "../errors/errors.ts";

/** What `inflateStart` inflates first: at most a MiB comes of it, as deflate packs 1032 times at the most. */
const FIRST_PIECE_BYTES = 1024;

/** How bytes are packed: "deflate" without a header, as in zip archives, or "gzip". */
export type Packing = "deflate" | "gzip";

/** What is inflated. */
export interface PackedBytes {
  readonly packed: Uint8Array;
  readonly packing: Packing;
  /** What messages begin with: the file. */
  readonly subject: string;
}

/**
 * Inflates bytes to at most `maxBytes`, whatever they hold: memory is never taken for more. The caller owns the result.
 * @throws {SyntaxRefusal} If they are truncated or damaged. {RangeRefusal} If they inflate to more.
 */
export function inflateBounded({ packed, packing, subject }: PackedBytes, maxBytes: number): Uint8Array {
  const inflate = packing === "gzip" ? gunzipSync : inflateRawSync;
  try {
    // The option must not be 0.
    const inflated = inflate(packed, { maxOutputLength: Math.max(1, maxBytes) });
    if (inflated.length <= maxBytes) return inflated;
  } catch (cause) {
    if (readCode(cause) !== "ERR_BUFFER_TOO_LARGE") throw refuseData({ packing, subject }, cause);
  }
  throw new RangeRefusal(`${subject}: must inflate to at most ${formatBytes(maxBytes)}, got more`);
}

/**
 * The first `length` bytes of what is packed, or all where there are fewer: a header that declares how much follows.
 * Packed bytes that end early are no error here. The caller owns the result.
 * @throws {SyntaxRefusal} If they are damaged.
 */
export function inflateStart({ packed, packing, subject }: PackedBytes, length: number): Uint8Array {
  const inflate = packing === "gzip" ? gunzipSync : inflateRawSync;
  for (let size = FIRST_PIECE_BYTES; ; size *= 4) {
    let start: Uint8Array;
    try {
      start = inflate(packed.subarray(0, size), { finishFlush: constants.Z_SYNC_FLUSH });
    } catch (cause) {
      throw refuseData({ packing, subject }, cause);
    }
    if (start.length >= length || size >= packed.length) return start.slice(0, length);
  }
}

function refuseData({ packing, subject }: Omit<PackedBytes, "packed">, cause: unknown): SyntaxRefusal {
  const isShort = readCode(cause) === "Z_BUF_ERROR";
  return new SyntaxRefusal(`${subject}: ${isShort ? "truncated" : "damaged"} ${packing} data`, { cause });
}

function readCode(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
}
