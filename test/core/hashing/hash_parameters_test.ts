import { describe, expect, test } from "bun:test";
import { hashParameters } from "../../../src/core/hashing/hash_parameters.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";

describe("hashParameters()", () => {
  test("is the SHA-256 of the bytes, in shared memory and within a larger buffer too", () => {
    // sha256sum of the eight bytes 00 00 80 3f 00 00 00 c0.
    const expected = "ee4ac73c2bd27756";
    const plain = Float32Array.of(1, -2);
    const shared = createSharedFloat32(4);
    shared.set(plain, 1);
    expect(hashParameters(plain)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashParameters(plain).slice(0, 16)).toBe(expected);
    expect(hashParameters(shared.subarray(1, 3))).toBe(hashParameters(plain));
  });

  test("tells vectors apart that differ in one bit", () => {
    expect(hashParameters(Float32Array.of(0))).not.toBe(hashParameters(Float32Array.of(-0)));
  });
});
