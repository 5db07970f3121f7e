import { createHash } from "node:crypto";

/** SHA-256 of a flat parameter vector [P], as little-endian float32, in hexadecimal. */
export function hashParameters(parameters: Float32Array): string {
  const { buffer, byteOffset, byteLength } = parameters;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  // Deno hashes no shared memory.
  const own = buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes;
  return createHash("sha256").update(own).digest("hex");
}
