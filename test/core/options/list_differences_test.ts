import { describe, expect, test } from "bun:test";
import { listDifferences } from "../../../src/core/options/list_differences.ts";

describe("listDifferences()", () => {
  test("names the keys whose values differ, however deep", () => {
    const before = { same: { a: [1, { b: 2 }] }, deep: { a: [1, { b: 2 }] }, order: [1, 2], gone: 1 };
    const now = { came: true, order: [2, 1], deep: { a: [1, { b: 3 }] }, same: { a: [1, { b: 2 }] } };
    expect(listDifferences(before, now)).toEqual([
      { key: "deep", before: { a: [1, { b: 2 }] }, now: { a: [1, { b: 3 }] } },
      { key: "order", before: [1, 2], now: [2, 1] },
      { key: "gone", before: 1, now: undefined },
      { key: "came", before: undefined, now: true },
    ]);
  });

  test("takes both as they come back from JSON", () => {
    const before = { a: { x: undefined, y: Number.NaN }, b: undefined };
    expect(listDifferences(before, { a: { y: null } })).toEqual([]);
    expect(listDifferences({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } })).toEqual([]);
    expect(listDifferences(undefined, null)).toEqual([]);
  });
});
