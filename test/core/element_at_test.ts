import { describe, expect, test } from "bun:test";
import { elementAt, valueAt } from "../../src/core/element_at.ts";
import { RefusalError } from "../../src/core/errors/errors.ts";

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

describe("valueAt()", () => {
  test("gives the value, also where it is 0", () => {
    expect(valueAt(new Map([["a", 0]]), "a")).toBe(0);
  });

  test("throws a RangeError, where there is none", () => {
    expect(() => valueAt(new Map([[1, 2]]), 3)).toThrow(new RangeError("No value of 3 in a map of 1"));
  });
});
