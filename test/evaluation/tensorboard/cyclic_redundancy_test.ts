import { describe, expect, test } from "bun:test";
import { crc32c, maskedCrc32c } from "../../../src/evaluation/tensorboard/cyclic_redundancy.ts";

const digits = new TextEncoder().encode("123456789");

describe("crc32c() and maskedCrc32c()", () => {
  test("give the check values of the definition", () => {
    expect(crc32c(digits)).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
    // 32 bytes of zeros: the example of RFC 3720.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  test("turn by 15 bits and add a constant, when masked", () => {
    const crc = BigInt(crc32c(digits));
    const turned = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
    expect(BigInt(maskedCrc32c(digits))).toBe((turned + 0xa282ead8n) & 0xffffffffn);
  });
});
