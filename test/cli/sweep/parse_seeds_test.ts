import { describe, expect, test } from "bun:test";
import { parseSeeds } from "../../../src/cli/sweep/parse_seeds.ts";

describe("parseSeeds()", () => {
  test("reads numbers, ranges with both ends, and lists of these", () => {
    expect(parseSeeds("3")).toEqual([3]);
    expect(parseSeeds("0..4")).toEqual([0, 1, 2, 3, 4]);
    expect(parseSeeds("7|0..2|5..5")).toEqual([7, 0, 1, 2, 5]);
  });

  test("refuses other forms, ranges that go down, seeds that come twice, and very many", () => {
    for (const text of ["", "a", "-1", "1.5", "0..", "..4", "4..0", "0...4", "0,1", "0|"]) {
      expect(() => parseSeeds(text)).toThrow("--seeds must be a range such as 0..4");
    }
    expect(() => parseSeeds("0..3|2")).toThrow("--seeds must name each seed once, got 2 twice");
    expect(() => parseSeeds("0..1000")).toThrow("--seeds must be at most 1000 seeds");
  });
});
