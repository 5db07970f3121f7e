import { createHash, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "./protocol_error.ts";

/** Compares the token that a request brings with the one that is set, in a time that tells nothing. */
export class TokenCheck {
  readonly #digest: Uint8Array | undefined;

  /** @param token Undefined: none is asked for. */
  constructor(token: string | undefined) {
    this.#digest = token === undefined ? undefined : digest(token);
  }

  /** Whether a token is set. */
  get isSet(): boolean {
    return this.#digest !== undefined;
  }

  /** @throws {ProtocolError} 401 if one is set and the header Authorization does not bring it. */
  assertToken(authorization: string | null | undefined): void {
    if (!this.#digest) return;
    const [, given] = /^Bearer (.+)$/i.exec(authorization ?? "") ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), this.#digest)) return;
    const message = "this changes something: the header Authorization must be Bearer and the token";
    throw new ProtocolError(401, message, { "www-authenticate": "Bearer" });
  }
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
