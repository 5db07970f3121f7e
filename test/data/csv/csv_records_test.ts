import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readRecords, splitRow } from "../../../src/data/csv/csv_records.ts";

/** The rows of a text that comes in pieces of these lengths, trimmed, and their numbers. */
async function read(text: string, { hasQuotes = text.includes('"'), lengths = [text.length], delimiter = "," } = {}) {
  const rows: string[][] = [];
  const numbers: number[] = [];
  const cut = async function* () {
    // Decoders never cut a character in two.
    const characters = Array.from(text);
    for (let at = 0, i = 0; at < characters.length; i++) {
      const length = Math.max(1, lengths[i % lengths.length] ?? 1);
      yield characters.slice(at, at + length).join("");
      at += length;
    }
  };
  const take = (cells: readonly string[], row: number) => {
    rows.push(cells.map((cell) => cell.trim()));
    numbers.push(row);
  };
  await readRecords(cut(), { delimiter, hasQuotes, subject: "a.csv", take });
  expect(numbers).toEqual(rows.map((_, i) => i + 1));
  return rows;
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("readRecords()", () => {
  test("reads the same rows from pieces of any length, as lines or by the parser", async () => {
    const line = fc.array(fc.constantFrom("1", "-2.5", "", " x ", "ä😀"), { minLength: 1, maxLength: 4 });
    const table = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, lengths, fc.boolean(), async (lines, pieces, hasQuotes) => {
        // The first half of "\r\n" and an empty line would be one end of a line.
        fc.pre(lines.every(([, end], i) => end !== "\r" || (lines[i + 1]?.[0].join(",") ?? "x") !== ""));
        const text = lines.map(([cells, end]) => cells.join(",") + end).join("");
        const wanted = lines.map(([cells]) => cells.map((cell) => cell.trim()));
        expect(await read(text, { lengths: pieces, hasQuotes })).toEqual(wanted);
      }),
    );
  });

  test("reads quoted cells with delimiters, newlines and quotes in them", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", ";", " ", "é"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, lengths, fc.constantFrom(",", ";", "\t"), async (rows, pieces, delimiter) => {
        const quoted = rows.map((cells) => cells.map((text) => ` "${text.replaceAll('"', '""')}" `).join(delimiter));
        const found = await read(quoted.join("\n"), { lengths: pieces, delimiter });
        expect(found).toEqual(rows.map((cells) => cells.map((text) => text.trim())));
      }),
    );
  });

  test("refuses quotes that do not enclose a cell, by row", async () => {
    const wanted = "a quoted cell must be quoted as a whole, with its own quotes doubled";
    for (const row of ['1,a"b"', '1,"a"b', `${" ".repeat(20_000)}x"",1`]) {
      await expect(read(`a,b\n"1\n2",x\n${row}\n3,y\n`)).rejects.toThrow(`a.csv, row 3: ${wanted}`);
    }
  });

  test("passes on what is thrown while a row is taken", async () => {
    for (const hasQuotes of [false, true]) {
      const take = (_: readonly string[], row: number) => {
        if (row === 2) throw new RangeError("enough");
      };
      const texts = (async function* () {
        yield "a\nb\nc\n";
      })();
      const reading = readRecords(texts, { delimiter: ",", hasQuotes, subject: "a.csv", take });
      await expect(reading).rejects.toThrow("enough");
    }
  });
});

describe("splitRow()", () => {
  test("cuts one row, quoted or not", () => {
    expect(splitRow(" a , b", ",")).toEqual(["a", "b"]);
    expect(splitRow('"a,b"; "c\nd" ', ";")).toEqual(["a,b", "c\nd"]);
    expect(splitRow('"a;b",c', ";")).toBeUndefined();
  });
});
