import { describe, expect, test } from "bun:test";
import { createRunSummary } from "../../../src/runs/summary/run_summary.ts";
import { formatSummary } from "../../../src/runs/summary/summary_text.ts";

describe("formatSummary()", () => {
  const row = {
    classes: [0, 1],
    examples: 1,
    epochs: 1,
    trainSeconds: 1,
    evalSeconds: 1,
    streamAccuracy: 0.5,
    onnx: null,
  };
  const summary = createRunSummary({
    status: "running",
    config: { note: '"testAccuracy": "@@[1]@@"', list: [1, 2], testAccuracy: "@@none@@" },
    experiences: [
      { ...row, index: 0, testAccuracy: [1 / 3, Number.NaN, 1e-7] },
      { ...row, index: 1, testAccuracy: [1, 0, 0.5] },
    ],
    trainedSamples: 1,
    parametersHash: null,
  });

  test("is the JSON of the summary, null where there is no number", () => {
    expect(JSON.parse(formatSummary(summary))).toEqual(JSON.parse(JSON.stringify(summary)));
  });

  test("has each row of accuracies on one line", () => {
    const lines = formatSummary(summary)
      .split("\n")
      .map((line) => line.trim());
    expect(lines).toContain(`"testAccuracy": [${1 / 3},null,1e-7]`);
    expect(lines).toContain('"testAccuracy": [1,0,0.5]');
    expect(lines).toContain('"classes": [');
  });
});
