import { expect, test } from "bun:test";
import { findLargestColumn } from "../../../src/onnx/export/largest_column.ts";

test("findLargestColumn() gives the first of equals, when there are some", () => {
  expect(findLargestColumn(Float32Array.of(-3, 2, 1, 2))).toBe(1);
  expect(findLargestColumn(Float32Array.of(-1000, -1000))).toBe(0);
});
