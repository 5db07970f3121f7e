import { describe, expect, test } from "bun:test";
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatForgetting,
  formatPercent,
  formatSize,
  formatValue,
} from "../../src/report/formats.ts";
import { html, keepHtml } from "../../src/report/html.ts";

describe("formats of a report", () => {
  test("formatPercent() has one digit, a true minus, no minus before zero and a dash for nothing", () => {
    expect([0.9731, -0.5, -0.00001, Number.NaN, undefined].map(formatPercent)).toEqual([
      "97.3 %",
      "−50.0 %",
      "0.0 %",
      "–",
      "–",
    ]);
  });

  test("formatForgetting() says what a negative one is, formatDifference() what 0 is", () => {
    const format = (mean: number) => formatForgetting({ mean, deviation: Number.NaN }, { isShare: true });
    expect([0.975, 0, -0.00001, -0.2444, Number.NaN].map(format)).toEqual([
      "97.5 %",
      "0.0 %",
      "0.0 %",
      "−24.4 % (a gain)",
      "–",
    ]);
    expect(formatForgetting({ mean: -1.5, deviation: 0.25 }, { isShare: false })).toBe("−1.5 ± 0.25 (a gain)");
    expect([3.56e-7, 0, Number.NaN].map(formatDifference)).toEqual(["3.6e-7", "none", "–"]);
  });

  test("formatValue() has four digits where a value is no share", () => {
    const format = (value: number | undefined) => formatValue(value, { isShare: false });
    expect([0.931234, -12345.6, 1e-7, 0, undefined].map(format)).toEqual(["0.9312", "−12350", "1e−7", "0", "–"]);
    expect(formatValue(0.5, { isShare: true })).toBe("50.0 %");
  });

  test("formatDuration(), formatCount() and formatSize() choose their unit", () => {
    expect([0.416, 12.3, 185, 3725].map(formatDuration)).toEqual(["0.42 s", "12 s", "3 min 05 s", "1 h 02 min"]);
    expect([0, 999, 12665, 1234567].map(formatCount)).toEqual(["0", "999", "12,665", "1,234,567"]);
    expect([812, 1630, 1_630_000].map(formatSize)).toEqual(["812 B", "1.6 kB", "1.6 MB"]);
  });
});

describe("html``", () => {
  test("escapes text, keeps HTML, joins lists and leaves out what is undefined", () => {
    const items = ["<a>", '"b"'].map((text) => html`<li title="${text}">${text}</li>`);
    expect(html`<ul>${items}${undefined}${keepHtml("<hr>")}${3}</ul>`.text).toBe(
      '<ul><li title="&lt;a&gt;">&lt;a&gt;</li><li title="&quot;b&quot;">&quot;b&quot;</li><hr>3</ul>',
    );
  });
});
