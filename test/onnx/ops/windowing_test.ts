import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  countPlaces,
  createWindowAttributes,
  measureExtent,
  placeWindow,
  readWindow,
  type Window,
} from "../../../src/onnx/ops/windowing.ts";

/** Windows on one or two axes. */
const windows: fc.Arbitrary<Window> = fc.integer({ min: 1, max: 2 }).chain((rank) => {
  const numbers = (min: number, max: number) =>
    fc.array(fc.integer({ min, max }), { minLength: rank, maxLength: rank });
  return fc.record({
    kernel: numbers(1, 5),
    strides: numbers(1, 4),
    dilations: numbers(1, 3),
    padsBefore: numbers(0, 3),
    padsBehind: numbers(0, 3),
  });
});

/** The places of a window along its first axis, one by one. */
function countSlowly(window: Window, length: number): number {
  const [kernel = 1, stride = 1, dilation = 1] = [window.kernel[0], window.strides[0], window.dilations[0]];
  const end = length + (window.padsBehind[0] ?? 0);
  let places = 0;
  for (let start = -(window.padsBefore[0] ?? 0); start + (kernel - 1) * dilation < end; start += stride) places += 1;
  return places;
}

describe("readWindow()", () => {
  test("gives what createWindowAttributes() was given, for any window", () => {
    fc.assert(fc.property(windows, (window) => expect(readWindow(createWindowAttributes(window))).toEqual(window)));
  });

  test("throws a RangeError, when there is no kernel", () => {
    expect(() => readWindow({})).toThrow(/needs a kernel_shape/);
  });
});

describe("countPlaces()", () => {
  test("counts where the window fits, for any window", () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 20 }), (window, length) => {
        const places = countSlowly(window, length);
        if (places > 0) expect(countPlaces(window, 0, length)).toBe(places);
        else expect(() => countPlaces(window, 0, length)).toThrow(RangeError);
      }),
    );
  });
});

describe("placeWindow()", () => {
  test('gives ⌈length / stride⌉ places and the odd length behind, when the padding is "same"', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 20 }), ({ kernel, strides, dilations }, length) => {
        const lengths = kernel.map(() => length);
        const window = placeWindow({ kernel, strides, dilations, padding: "same" }, lengths);
        for (const [axis, stride] of strides.entries()) {
          const [before = 0, behind = 0] = [window.padsBefore[axis], window.padsBehind[axis]];
          expect([0, 1]).toContain(behind - before);
          expect(before + behind).toBeLessThan(measureExtent(window, axis));
          expect(countPlaces(window, axis, length)).toBe(Math.ceil(length / stride));
        }
      }),
    );
  });

  test('adds nothing, when the padding is "valid"', () => {
    const window = placeWindow({ kernel: [3], strides: [2], dilations: [1], padding: "valid" }, [6]);
    expect([window.padsBefore, window.padsBehind, countPlaces(window, 0, 6)]).toEqual([[0], [0], 2]);
  });
});
