import { describe, expect, test } from "bun:test";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { createModelGrowth } from "../../../src/training/model/model_growth.ts";

const before = {
  layout: createParameterLayout([{ name: "head/kernel", shape: [2, 1] }]),
  stateLayout: createParameterLayout([{ name: "head/active", shape: [1] }]),
};
const after = {
  layout: createParameterLayout([{ name: "head/kernel", shape: [2, 3] }]),
  stateLayout: createParameterLayout([{ name: "head/active", shape: [3] }]),
};
const growth = createModelGrowth(before, after);

describe("createModelGrowth()", () => {
  test("remap() and remapState() move vectors of either layout, when asked", () => {
    expect([...growth.remap(Float32Array.of(7, 8))]).toEqual([7, 0, 0, 8, 0, 0]);
    expect([...growth.remapState(Float32Array.of(1))]).toEqual([1, 0, 0]);
  });

  test("remap() takes the new parts from `fill` and leaves that as it was, when given one", () => {
    const fill = new Float32Array(6).fill(0.5);
    expect([...growth.remap(Float32Array.of(7, 8), fill)]).toEqual([7, 0.5, 0.5, 8, 0.5, 0.5]);
    expect([...fill]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect([...growth.remapState(Float32Array.of(1), Float32Array.of(4, 5, 6))]).toEqual([1, 5, 6]);
  });

  test("remap() throws a RangeError, when the vector was moved before or `fill` was not", () => {
    expect(() => growth.remap(new Float32Array(6))).toThrow("needs 2 values, got 6");
    expect(() => growth.remap(new Float32Array(2), new Float32Array(2))).toThrow("needs 6 values, got 2");
  });
});
