import { createHash, type Hash } from "node:crypto";

/** What a hash takes at once: it refuses more than 2 GiB. */
const PIECE_BYTES = 2 ** 28;

/** SHA-256 of what several files hold, one after another. */
export class ContentHash {
  readonly #hash: Hash = createHash("sha256");

  /** Adds a file's bytes, which are borrowed. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.#hash.update(bytes.subarray(at, at + PIECE_BYTES));
  }

  /** In hexadecimal; nothing can be added afterwards. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}
