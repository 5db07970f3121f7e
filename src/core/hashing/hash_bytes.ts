import { createHash } from "node:crypto";

const PIECE_BYTES = 1 << 20;

/** SHA-256 of an array's bytes, by pieces that are copied: Deno hashes no shared memory. The caller owns the result. */
export function hashBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(PIECE_BYTES, byteLength));
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < bytes.length; at += piece.length) {
    const part = bytes.subarray(at, at + piece.length);
    piece.set(part);
    hash.update(piece.subarray(0, part.length));
  }
  return hash.digest();
}
