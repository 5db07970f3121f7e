import { describe, expect, test } from "bun:test";
import { formatMatrixHeading, formatMatrixRow } from "../../../../src/cli/training/view/matrix_row.ts";

const FIGURES = { index: 3, streamAccuracy: 0.5, averageForgetting: -0.25 };
const show = (testAccuracy: readonly number[], width: number, isColored = false) =>
  formatMatrixHeading(testAccuracy.length, { width, isColored }) +
  formatMatrixRow({ ...FIGURES, testAccuracy }, { width, isColored });
/** Accuracies that go up from 0 to 1. */
const ramp = (length: number) => Array.from({ length }, (_, i) => i / (length - 1));

describe("formatMatrixHeading() and formatMatrixRow()", () => {
  test("show percents, and the figures beside them", () => {
    expect(show([1, 0.956, Number.NaN, 0], 80)).toBe(
      "Accuracy on each experience of the test stream, in percent\n" +
        "trained    0    1    2    3    stream  forgetting\n" +
        "      3  100   96    -    0    0.5000     -0.2500\n",
    );
  });

  test("show a digit a cell where percents are too wide, and means where there are more cells than columns", () => {
    expect(show(ramp(20), 60)).toBe(
      "Accuracy on each experience of the test stream, in tenths\n" +
        "trained 0-19                   stream  forgetting\n" +
        "      3 00112233445566778899   0.5000     -0.2500\n",
    );
    expect(show(ramp(100), 60)).toBe(
      "Accuracy on each experience of the test stream, in tenths, m\n" +
        "trained 0-99                        stream  forgetting\n" +
        "      3 0001122233445556677788999   0.5000     -0.2500\n",
    );
  });

  test("show other measures as numbers of at most four characters, and errors without colors", () => {
    const row = { ...FIGURES, testAccuracy: [0.934, -1.25, 12.345, 1234.5, 123456, -12345, Number.NaN] };
    const [r2, rmse] = (["r2", "rmse"] as const).map((measure) => ({ width: 80, isColored: true, measure }));
    expect(formatMatrixHeading(7, { width: 80, isColored: false, measure: "rmse" })).toBe(
      "RMSE on each experience of the test stream\n" +
        "trained    0    1    2    3    4    5    6    stream  forgetting\n",
    );
    expect(rmse && formatMatrixRow(row, rmse)).toBe(
      "      3 0.93 -1.3 12.3 1235  1e5 -1e4    -    0.5000     -0.2500\n",
    );
    expect(r2 && formatMatrixRow(row, r2)).toContain("\x1b[38;5;16;48;5;196m-1.3 \x1b[0m");
  });

  test("call rows by their names, where there is room", () => {
    const layout = { width: 80, isColored: false, names: ["january", "february"] };
    const row = { ...FIGURES, index: 1, name: "february", testAccuracy: [1, 0.5] };
    const lines = (formatMatrixHeading(2, layout) + formatMatrixRow(row, layout)).split("\n");
    expect(lines.slice(1)).toEqual([
      "trained        0    1    stream  forgetting",
      " 1 february  100   50    0.5000     -0.2500",
      "",
    ]);
    expect(formatMatrixRow(row, { ...layout, width: 40 })).toBe("      1  100   50    0.5000     -0.2500\n");
  });

  test("leave the figures out where the terminal is narrow", () => {
    expect(show(ramp(5), 20).split("\n").slice(1)).toEqual(["trained 0-4", "      3 02579", ""]);
    for (const width of [20, 30, 40, 60, 100]) {
      for (const length of [1, 5, 10, 50, 500]) {
        const lines = show(length === 1 ? [1] : ramp(length), width).split("\n");
        expect({ width, length, longest: Math.max(...lines.map((line) => line.length)) <= width }).toEqual({
          width,
          length,
          longest: true,
        });
      }
    }
  });

  test("leave out of a mean what was not measured", () => {
    const cells = [0.4, Number.NaN, ...Array(38).fill(0.6)];
    expect(show(cells, 28).split("\n")[2]).toBe("      3 46666666666666666666");
  });

  test("color cells from red over yellow to green, and those alone", () => {
    const paint = (color: number, text: string) => `\x1b[38;5;16;48;5;${color}m${text}\x1b[0m`;
    expect(show([0, 0.5, 1, Number.NaN], 80, true).split("\n")[2]).toBe(
      `      3 ${paint(196, "   0 ")}${paint(226, "  50 ")}${paint(46, " 100 ")}   -    0.5000     -0.2500`,
    );
  });
});
