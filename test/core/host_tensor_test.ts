import { describe, expect, test } from "bun:test";
import { flattenRows } from "../../src/core/host_tensor.ts";

describe("flattenRows()", () => {
  test("joins all axes but the first, on the same data", () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i);
    const flat = flattenRows({ data, shape: [2, 3, 2, 2] });
    expect(flat.shape).toEqual([2, 12]);
    expect(flat.data).toBe(data);
    expect(flattenRows(flat)).toEqual(flat);
  });

  test("gives [0, 0] where there are no rows", () => {
    expect(flattenRows({ data: new Float32Array(0), shape: [0] }).shape).toEqual([0, 0]);
    expect(flattenRows({ data: new Float32Array(0), shape: [0, 3] }).shape).toEqual([0, 0]);
  });
});
