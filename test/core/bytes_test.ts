import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { joinBytes } from "../../src/core/join_bytes.ts";
import { toPlainBytes } from "../../src/core/plain_bytes.ts";

describe("joinBytes()", () => {
  test("puts pieces one after another, in memory of their own", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 5 }), (pieces) => {
        expect([...joinBytes(pieces)]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
    );
    const piece = Uint8Array.of(1);
    expect(joinBytes([piece]).buffer).not.toBe(piece.buffer);
  });
});

describe("toPlainBytes()", () => {
  test("gives a plain array with a buffer of its own, whatever it was given", () => {
    const pooled = Buffer.from([1, 2, 3]);
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
    for (const bytes of [pooled, shared, Uint8Array.of(0, 1, 2, 3).subarray(1)]) {
      const plain = toPlainBytes(bytes);
      expect(Object.getPrototypeOf(plain)).toBe(Uint8Array.prototype);
      expect([...plain]).toEqual([...bytes]);
      expect(plain.buffer.byteLength).toBe(3);
      expect(plain.buffer instanceof ArrayBuffer).toBe(true);
    }
  });

  test("copies nothing that has its buffer for itself", () => {
    const { buffer } = new Uint8Array(100_000);
    expect(toPlainBytes(Buffer.from(buffer)).buffer).toBe(buffer);
  });
});
