import { createHash } from "node:crypto";

/** SHA-256 of a flat parameter vector [P], as little-endian float32, in hexadecimal. */
export function hashParameters(parameters: Float32Array): string {
  // Copied, because Deno hashes no shared memory.
  const bytes = new Uint8Array(parameters.byteLength);
  bytes.set(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
  return createHash("sha256").update(bytes).digest("hex");
}
