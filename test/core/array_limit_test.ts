import { describe, expect, test } from "bun:test";
import { totalmem } from "node:os";
import { assertArrayBytes, findMaxArrayBytes, formatBytes } from "../../src/core/array_limit.ts";

describe("assertArrayBytes()", () => {
  test("allows what fits in half of the memory and in an array, and refuses one byte more", () => {
    const most = findMaxArrayBytes();
    expect(most).toBeLessThanOrEqual(Math.min(2 ** 32, totalmem() / 2));
    expect(most).toBeGreaterThan(2 ** 27);
    assertArrayBytes("x.npz", most);
    expect(() => assertArrayBytes("x.npz", most + 1)).toThrow(/^x\.npz: an array must have at most .*iB, got .*iB$/);
    expect(() => assertArrayBytes("x.npz", Number.POSITIVE_INFINITY)).toThrow("x.npz: an array must have");
  });
});

describe("formatBytes()", () => {
  test("counts in bytes, MiB and GiB", () => {
    expect([100, 2 ** 20 - 1, 2 ** 20 * 1.5, 3 * 2 ** 30].map(formatBytes)).toEqual([
      "100 bytes",
      "1048575 bytes",
      "1.5 MiB",
      "3.0 GiB",
    ]);
  });
});
