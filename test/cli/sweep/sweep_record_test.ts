import { describe, expect, test } from "bun:test";
import { formatSweep } from "../../../src/cli/sweep/format_sweep.ts";
import { planSweep } from "../../../src/cli/sweep/sweep_plan.ts";
import { measureRows, type SweepRow } from "../../../src/cli/sweep/sweep_record.ts";

function makeRow(status: SweepRow["status"], streamAccuracy: number, seconds = 1): SweepRow {
  const final = { streamAccuracy, averageAccuracy: 0.5, averageForgetting: 0.1, backwardTransfer: -0.1 };
  return { status, final, seconds, parametersHash: "ab" };
}

describe("measureRows()", () => {
  test("has the means and deviations of finished runs alone", () => {
    const rows = [makeRow("finished", 0.4, 2), makeRow("failed", 0.9, 90), makeRow("finished", 0.6, 4)];
    const { streamAccuracy, seconds } = measureRows([...rows, makeRow("interrupted", 0, 50), makeRow("waiting", 0)]);
    expect(streamAccuracy.mean).toBeCloseTo(0.5, 12);
    expect(streamAccuracy.deviation).toBeCloseTo(Math.sqrt(0.02), 12);
    expect(seconds).toEqual({ mean: 3, deviation: Math.SQRT2 });
    expect(measureRows([]).streamAccuracy.mean).toBeNaN();
  });
});

describe("formatSweep()", () => {
  test("counts finished runs, and shows a mean without a deviation where there is one, and none where there is none", () => {
    const grid = { strategy: ["naive", "ewc:lambda=1", "si"], benchmark: ["b"], model: ["m"], optimizer: ["o"] };
    const plan = planSweep({ grid, words: [], seeds: [0, 1] }, []);
    const rows = [
      [makeRow("finished", 0.25), makeRow("finished", 0.75)],
      [makeRow("failed", 0.9), makeRow("finished", 0.125)],
      [makeRow("failed", 0.9)],
    ];
    const entries = plan.flatMap(({ runs }, i) =>
      runs.flatMap((run, seed) => (rows[i]?.[seed] ? [[run, rows[i][seed]] as const] : [])),
    );
    const lines = formatSweep(plan, new Map(entries)).split("\n");
    expect(lines.find((line) => line.startsWith("naive"))).toMatch(/^naive +2 +0\.5000 ± 0\.3536 /);
    expect(lines.find((line) => line.startsWith("ewc"))).toMatch(/^ewc:lambda=1 +1 +0\.1250 +0\.5000 +0\.1000 +1\.0$/);
    expect(lines.find((line) => line.startsWith("si"))).toMatch(/^si +0 +- +- +- +-$/);
  });
});
