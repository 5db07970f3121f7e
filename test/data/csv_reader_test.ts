import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCsv } from "../../src/data/csv_reader.ts";

const options = { act: 'read "a.csv"', labelColumn: "label" };

describe("parseCsv()", () => {
  test("reads back any table, whatever the place of the label, the ends of lines and the quotes", () => {
    const tables = fc.record({
      rows: fc.array(fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.nat(9)), { minLength: 1 }),
      labelAt: fc.integer({ min: 0, max: 2 }),
      end: fc.constantFrom("\n", "\r\n"),
      name: fc.constantFrom("cat", '"a, ""b"""', " dog "),
      start: fc.constantFrom("", "\uFEFF"),
      last: fc.boolean(),
    });
    fc.assert(
      fc.property(tables, ({ rows, labelAt, end, name, start, last }) => {
        const lines = [["a", "b"], ...rows.map((row) => row.map(String))].map((cells, i) =>
          cells.toSpliced(labelAt, 0, i === 0 ? "label" : name).join(","),
        );
        const { x, features, labels } = parseCsv(start + lines.join(end) + (last ? end : ""), options);
        expect([features, Array.from(x)]).toEqual([2, rows.flat().map((value) => Math.fround(value + 0))]);
        const label = name.startsWith('"') ? 'a, "b"' : name.trim();
        expect(labels).toEqual(rows.map(() => label));
      }),
    );
  });

  test("names the line and the column of what it refuses", () => {
    const refusals = [
      ["", 'a first line that names the columns, one of them "label"'],
      ["0,1\n", 'a first line that names the columns, one of them "label"'],
      ["label\n1", 'columns beside "label"'],
      ["a,label\n", "at least one sample below the first line, got 0"],
      ["a,label\n1,x\n\n2\n", "line 4: wanted 2 cells, got 1"],
      ["a,label\n1,x\none,x\n", 'line 3: wanted a number in the column "a", got "one"'],
      ["a,label\n,x\n", 'line 2: wanted a number in the column "a", got ""'],
      ["a,label\ninf,x\n", 'line 2: wanted a number in the column "a", got "inf"'],
      ["a,label\n1e99,x\n", 'a number in the column "a", got "1e99"'],
      ["a,label\n1,\n", 'line 2: wanted a label in the column "label", got ""'],
      ['a,label\n1,"x\n', "line 2: wanted cells whose quotes are closed"],
    ] as const;
    for (const [text, message] of refusals) expect(() => parseCsv(text, options)).toThrow(message);
    expect(() => parseCsv("a,b\n1,2\n", { ...options, labelColumn: "c" })).toThrow('Cannot read "a.csv": wanted');
    expect(parseCsv("a,b\n1,2\n", { ...options, labelColumn: "a" }).labels).toEqual(["1"]);
  });
});
