import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseNpy } from "../../../src/data/readers/npy_reader.ts";
import { makeNpy } from "../../support/made_files.ts";
import { BOOLEANS, COLUMN_MAJOR, HALF, RECORDS, SAVEZ, TEXTS } from "../numpy_files.ts";

describe("parseNpy()", () => {
  test("reads what numpy wrote: both orders of bytes and of axes, halves, booleans", () => {
    const { shape, data } = parseNpy(COLUMN_MAJOR, "x.npy");
    expect([shape, Array.from(data)]).toEqual([[2, 3, 4], [...Array(24).keys()]]);
    expect(Array.from(parseNpy(HALF, "x.npy").data)).toEqual([0, 1, -2.5, 65504, 2 ** -24, 0.00010001659393310547]);
    expect(Array.from(parseNpy(BOOLEANS, "x.npy").data)).toEqual([1, 0, 1]);
  });

  test("reads back every array of every type, bytes as bytes", () => {
    const values = fc.record({
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      descr: fc.constantFrom("|u1", "|i1", "<u2", ">i2", "<i4", ">u4", "<i8", ">i8", "<u8", "<f4", ">f4", "<f8"),
    });
    fc.assert(
      fc.property(values, ({ shape, descr }) => {
        const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 100);
        const read = parseNpy(makeNpy(data, { shape, descr }), "x.npy");
        expect([read.shape, Array.from(read.data)]).toEqual([shape, data]);
        expect(read.data instanceof Uint8Array).toBe(descr === "|u1");
      }),
    );
  });

  test("refuses every file that was cut short or has a tail, and says what it wanted", () => {
    const whole = makeNpy([1, 2, 3, 4], { shape: [2, 2], descr: "<f4" });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => parseNpy(whole.subarray(0, length), "x.npy")).toThrow(/^x\.npy: (truncated|shape|\.npy data)/);
      }),
    );
    expect(() => parseNpy(Uint8Array.of(...whole, 0), "x.npy")).toThrow(
      "x.npy: shape [2, 2] of <f4 needs 16 bytes of data, got 17",
    );
    expect(() => parseNpy(TEXTS, "x.npy")).toThrow("x.npy: values must be whole numbers, floats or booleans");
    expect(() => parseNpy(RECORDS, "x.npy")).toThrow('got "a record"');
    expect(() => parseNpy(SAVEZ, "x.npy")).toThrow("x.npy: .npy data must begin with");
    const text = String.fromCharCode(...whole)
      .replace("'<f4'", "'<valueOf'")
      .replace("     \n", "\n");
    const named = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(() => parseNpy(named, "x.npy")).toThrow('got "<valueOf"');
    const longHeader = Uint8Array.of(...whole.subarray(0, 6), 2, 0, 0xff, 0xff, 0xff, 0xff);
    expect(() => parseNpy(longHeader, "x.npy")).toThrow(
      "the .npy header must have at most 65536 bytes, got 4294967307",
    );
  });
});
