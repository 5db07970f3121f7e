import { describe, expect, test } from "bun:test";
import { chooseMeasure, MEASURE_NAMES, measureOf } from "../../src/evaluation/measures.ts";

describe("chooseMeasure()", () => {
  const values = { kind: "values", width: 2 } as const;

  test("gives each kind of targets its default, and what was chosen where it fits", () => {
    expect(chooseMeasure({ kind: "classes", width: 0 })).toBe("accuracy");
    expect([chooseMeasure(values), chooseMeasure(values, "mae")]).toEqual(["r2", "mae"]);
    expect(chooseMeasure({ kind: "labels", width: 1 })).toBe("macro-f1");
  });

  test("refuses a measure of other targets, with those that there are", () => {
    expect(() => chooseMeasure(values, "exact-match")).toThrow(
      'measure must be "r2" or "rmse" or "mae" where targets are 2 values a sample, got "exact-match"',
    );
  });

  test("every measure begins anew after a reset", () => {
    for (const name of MEASURE_NAMES) {
      const { metric } = measureOf(name).create();
      metric.reset();
      expect(metric.result()).toBe(0);
    }
  });
});
