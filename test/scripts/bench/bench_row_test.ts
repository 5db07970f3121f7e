import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Comparison, createRow, findRatioRange } from "../../../scripts/bench/bench_row.ts";
import { formatComparisons, formatJson } from "../../../scripts/bench/format_rows.ts";

const base = { suite: "step", name: "a model", peerName: "a peer" } as const;

describe("createRow()", () => {
  test("holds medians, and a ratio above 1 exactly where ours is better, whatever the unit", () => {
    const figures = fc.double({ noNaN: true, min: 0.001, max: 1e6 });
    fc.assert(
      fc.property(figures, figures, (ours, peer) => {
        const rate = createRow({ ...base, unit: "steps/s", ours: [ours], peer: [peer] });
        const time = createRow({ ...base, unit: "ms", ours: [ours], peer: [peer] });
        expect(rate.ratio > 1).toBe(ours > peer);
        expect(time.ratio > 1).toBe(ours < peer);
      }),
    );
    expect(createRow({ ...base, unit: "s", ours: [1, 9, 2], peer: [8, 4, 7] })).toEqual({
      ...base,
      unit: "s",
      ours: 2,
      peer: 7,
      ratio: 3.5,
    });
  });
});

describe("findRatioRange()", () => {
  test("compares repetitions that followed each other", () => {
    expect(findRatioRange({ ...base, unit: "ms", ours: [1, 10], peer: [2, 30] })).toEqual([2, 3]);
  });

  test("compares every repetition with a peer that is one fixed figure", () => {
    expect(findRatioRange({ ...base, unit: "%", ours: [5, 20], peer: [10] })).toEqual([0.5, 2]);
  });
});

describe("formatJson()", () => {
  test("gives back what was put in, with the keys that other programs rely on", () => {
    const row = createRow({ ...base, unit: "ms", ours: [1], peer: [2] });
    expect(JSON.parse(formatJson([]))).toEqual([]);
    const [first, second] = JSON.parse(formatJson([row, row]));
    expect(second).toEqual(row);
    expect(Object.keys(first)).toEqual(["suite", "name", "ours", "peer", "peerName", "unit", "ratio"]);
  });
});

describe("formatComparisons()", () => {
  test("is a table with a line for each comparison", () => {
    const comparison: Comparison = { ...base, unit: "examples/s", ours: [36_123.4], peer: [0.000123456] };
    const [heading = "", line = ""] = formatComparisons([comparison]).split("\n");
    expect(heading.split(/ {2,}/)).toEqual("suite name ours peer unit ratio lowest highest against".split(" "));
    expect(line.split(/ {2,}/).slice(0, 5)).toEqual(["step", "a model", "36123", "0.0001235", "examples/s"]);
  });
});
