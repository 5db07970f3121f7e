import { describe, expect, test } from "bun:test";
import { formatRun } from "../../src/cli/format_run.ts";
import { formatTable } from "../../src/cli/format_table.ts";
import { createRunSummary } from "../../src/runs/summary/run_summary.ts";

describe("formatTable()", () => {
  test("puts numbers to the right, texts to the left, and leaves no space at the end", () => {
    const rows = [
      ["name", "share", ""],
      ["a", "0.5", "x"],
      ["longer", "10.25", ""],
    ];
    expect(formatTable(rows)).toBe("name    share\na         0.5  x\nlonger  10.25\n");
  });

  test("shows control characters as escapes, and lines up what is shown", () => {
    expect(
      formatTable([
        ["a\u001bb", "x"],
        ["c", "y"],
      ]),
    ).toBe("a\\u001bb  x\nc         y\n");
  });

  test("takes rows of different lengths, and none", () => {
    expect(formatTable([["a"], ["b", "c"]])).toBe("a\nb  c\n");
    expect(formatTable([])).toBe("");
  });
});

describe("formatRun()", () => {
  test("shows the accuracy matrix and the final figures", () => {
    const experience = { classes: [0, 1], examples: 10, epochs: 1, trainSeconds: 2, evalSeconds: 1, onnx: null };
    const summary = createRunSummary({
      status: "finished",
      config: {},
      experiences: [
        { ...experience, index: 0, testAccuracy: [0.75, 0], streamAccuracy: 0.375 },
        { ...experience, index: 1, testAccuracy: [0.25, 1], streamAccuracy: 0.625 },
      ],
      trainedSamples: 400,
      parametersHash: "0123456789abcdef0123",
    });
    expect(formatRun(summary, "runs/x")).toBe(
      [
        "",
        "Accuracy on each experience of the test stream",
        "trained  classes  test 0  test 1  stream  seconds",
        "      0  0,1      0.7500  0.0000  0.3750     2.00",
        "      1  0,1      0.2500  1.0000  0.6250     2.00",
        "",
        "stream accuracy     0.6250",
        "average accuracy    0.6250",
        "average forgetting  0.5000",
        "backward transfer   -0.5000",
        "training            100 examples/s",
        "parameters          sha256 0123456789abcdef",
        "run                 runs/x",
        "",
      ].join("\n"),
    );
  });

  test("says which experience a row is a piece of, and that forgetting below 0 is a gain", () => {
    const row = { classes: [0], examples: 10, epochs: 1, trainSeconds: 2, evalSeconds: 1, onnx: null };
    const summary = createRunSummary({
      status: "finished",
      config: {},
      experiences: [
        { ...row, index: 0, cutFrom: 0, testAccuracy: [0.25, 0], streamAccuracy: 0.125 },
        { ...row, index: 1, cutFrom: 0, testAccuracy: [0.5, 0], streamAccuracy: 0.25 },
        { ...row, index: 2, cutFrom: 1, testAccuracy: [0.75, 1], streamAccuracy: 0.875 },
      ],
      trainedSamples: 400,
      parametersHash: null,
    });
    const lines = formatRun(summary, "runs/x").split("\n");
    expect(lines.slice(2, 6)).toEqual([
      "trained  piece of  classes  test 0  test 1  stream  seconds",
      "      0         0        0  0.2500  0.0000  0.1250     2.00",
      "      1         0        0  0.5000  0.0000  0.2500     2.00",
      "      2         1        0  0.7500  1.0000  0.8750     2.00",
    ]);
    expect(lines).toContain("average forgetting  -0.2500 (a gain)");
  });
});
