import { describe, expect, test } from "bun:test";
import { assertVectorsFit, MAX_VECTOR_LENGTH } from "../../src/core/vector_limit.ts";

function refusalOf(parameters: number, state: number): unknown {
  try {
    assertVectorsFit("the model wide", { parameters, state });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("assertVectorsFit()", () => {
  test("takes vectors as long as the longest that can be shared, and none that is longer by one value", () => {
    expect(new SharedArrayBuffer(MAX_VECTOR_LENGTH * Float32Array.BYTES_PER_ELEMENT).byteLength).toBe(2 ** 32);
    expect(refusalOf(MAX_VECTOR_LENGTH, MAX_VECTOR_LENGTH)).toBeUndefined();
    for (const [parameters, state] of [
      [MAX_VECTOR_LENGTH + 1, 0],
      [0, MAX_VECTOR_LENGTH + 1],
    ] as const) {
      expect(refusalOf(parameters, state)).toBeInstanceOf(RangeError);
    }
  });

  test("says in a sentence the count, the limit and what to do", () => {
    expect(String(refusalOf(2_000_000_000, 5))).toBe(
      "RangeError: the model wide may have at most 1073741824 (4 GiB) parameters that are trained, got 2000000000: " +
        "freeze a part of it (trainable: false), or make its largest layers smaller",
    );
    expect(String(refusalOf(5, 2_000_000_000))).toBe(
      "RangeError: the model wide may have at most 1073741824 (4 GiB) values that are not trained (frozen weights, " +
        "moving statistics), got 2000000000: freeze less of it, or make its largest layers smaller",
    );
  });
});
