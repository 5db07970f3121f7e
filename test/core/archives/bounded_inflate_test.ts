import { describe, expect, test } from "bun:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { inflateBounded, inflateStart, type Packing } from "../../../src/core/archives/bounded_inflate.ts";

const pack = { deflate: deflateRawSync, gzip: gzipSync };
const packings: readonly Packing[] = ["deflate", "gzip"];
const subject = "a.gz";

describe("inflateBounded()", () => {
  test("gives back what was packed where the bound allows it, and refuses it where it is one byte lower", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.constantFrom(...packings), (bytes, packing) => {
        const packed = pack[packing](bytes);
        const read = (maxBytes: number) => Array.from(inflateBounded({ packed, packing, subject }, maxBytes));
        expect(read(bytes.length)).toEqual(Array.from(bytes));
        if (bytes.length > 0) expect(() => read(bytes.length - 1)).toThrow(/^a\.gz: must inflate to at most \d+ bytes/);
      }),
    );
  });

  test("says whether bytes are truncated or damaged", () => {
    for (const packing of packings) {
      const packed = pack[packing](Uint8Array.from({ length: 999 }, (_, i) => i % 251));
      const read = (bytes: Uint8Array) => inflateBounded({ packed: bytes, packing, subject }, 999);
      expect(() => read(packed.subarray(0, 40))).toThrow(`a.gz: truncated ${packing} data`);
      expect(() => read(new Uint8Array(40).fill(255))).toThrow(`a.gz: damaged ${packing} data`);
    }
  });
});

describe("inflateStart()", () => {
  test("gives the first bytes, of long and short, of whole and truncated data", () => {
    const long = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) % 251);
    for (const packing of packings) {
      const packed = pack[packing](long);
      for (const length of [0, 8, 5000]) {
        const start = Array.from(long.subarray(0, length));
        expect(Array.from(inflateStart({ packed, packing, subject }, length))).toEqual(start);
      }
      const truncated = packed.subarray(0, 30);
      expect(inflateStart({ packed: truncated, packing, subject }, 5000).length).toBeLessThan(100);
      const short = pack[packing](Uint8Array.of(1, 2));
      expect(Array.from(inflateStart({ packed: short, packing, subject }, 5000))).toEqual([1, 2]);
      expect(() => inflateStart({ packed: new Uint8Array(40).fill(255), packing, subject }, 1)).toThrow("damaged");
    }
  });
});
