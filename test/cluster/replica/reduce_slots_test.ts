import { describe, expect, test } from "bun:test";
import { averageSlots } from "../../../src/cluster/replica/reduce_slots.ts";

describe("averageSlots()", () => {
  test("weighs the slots by their sizes", () => {
    const target = new Float32Array(2);
    averageSlots([Float32Array.of(1, 2), Float32Array.of(4, 8), Float32Array.of(9, 9)], [2, 1], target);
    expect([...target]).toEqual([2, 4]);
  });

  test("flushes what decayed below 2⁻¹⁰⁰ to zero", () => {
    const target = new Float32Array(4).fill(1);
    averageSlots([Float32Array.of(2 ** -100, -(2 ** -101), 2 ** -140, Number.NaN)], [3], target);
    expect([...target]).toEqual([2 ** -100, 0, 0, Number.NaN]);
  });
});
