import { describe, expect, test } from "bun:test";
import { elementAt } from "../../src/core/element_at.ts";
import { RefusalError } from "../../src/core/errors.ts";

describe("elementAt()", () => {
  test("gives the element, also where it is 0 or empty", () => {
    expect(elementAt(Int32Array.of(3, 0), 1)).toBe(0);
    expect(elementAt(["a", ""], 1)).toBe("");
  });

  test("throws a RangeError that is no refusal, where there is none", () => {
    for (const index of [-1, 2, 0.5, Number.NaN]) {
      expect(() => elementAt(["a", "b"], index)).toThrow(new RangeError(`No element ${index} in an array of 2`));
    }
    try {
      elementAt([], 0);
    } catch (error) {
      expect(error instanceof RefusalError).toBe(false);
    }
  });
});
