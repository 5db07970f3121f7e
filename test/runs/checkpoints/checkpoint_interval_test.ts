import { describe, expect, test } from "bun:test";
import { parseCheckpointInterval } from "../../../src/runs/checkpoints/checkpoint_interval.ts";

describe("parseCheckpointInterval()", () => {
  test("reads iterations and seconds", () => {
    expect(parseCheckpointInterval("50")).toEqual({ kind: "iterations", iterations: 50 });
    expect(parseCheckpointInterval("30s")).toEqual({ kind: "seconds", seconds: 30 });
    expect(parseCheckpointInterval("0.5s")).toEqual({ kind: "seconds", seconds: 0.5 });
  });

  for (const text of ["", "0", "0s", "-1", "1.5", "s", "5m", "1e3", "5 s"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseCheckpointInterval(text)).toThrow('iterations ("50") or of seconds ("30s")');
    });
  }
});
