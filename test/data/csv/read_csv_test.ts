import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { CsvColumns } from "../../../src/data/csv/csv_columns.ts";
import type { CsvOptions } from "../../../src/data/csv/csv_options.ts";
import { readCsv } from "../../../src/data/csv/read_csv.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

async function read(content: string | Uint8Array, options: CsvOptions = {}) {
  const path = join(await makeFolder({ "a.csv": content }), "a.csv");
  const { x, sampleShape, labels } = await (await readCsv(path, new CsvColumns(options))).load();
  expect(x.buffer).toBeInstanceOf(SharedArrayBuffer);
  return { x: Array.from(x), sampleShape, labels: Array.from(labels.places, (place) => labels.names[place]) };
}

const bytesOf = (text: string, ...more: number[]) =>
  Buffer.concat([new TextEncoder().encode(text), Uint8Array.from(more)]);

describe("readCsv()", () => {
  test("reads back any table, whatever the place of the label, the ends of lines and the quotes", async () => {
    const tables = fc.record({
      rows: fc.array(fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.nat(9)), { minLength: 1 }),
      labelAt: fc.integer({ min: 0, max: 2 }),
      end: fc.constantFrom("\n", "\r\n", "\r", "\n \n"),
      delimiter: fc.constantFrom(",", ";", "\t"),
      name: fc.constantFrom("cat", '"a, ""b"""', " dog ", '"two\nlines"'),
      start: fc.constantFrom("", "\uFEFF", "\n"),
      last: fc.boolean(),
      isPacked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(tables, async ({ rows, labelAt, end, delimiter, name, start, last, isPacked }) => {
        const lines = [["a", "b"], ...rows.map((row) => row.map(String))].map((cells, i) =>
          cells.toSpliced(labelAt, 0, i === 0 ? "label" : name).join(delimiter),
        );
        const text = start + lines.join(end) + (last ? end : "");
        const { x, sampleShape, labels } = await read(isPacked ? gzipSync(text) : text);
        expect([sampleShape, x]).toEqual([[2], rows.flat().map((value) => Math.fround(value + 0))]);
        const label = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.trim();
        expect(labels).toEqual(rows.map(() => label));
      }),
      { numRuns: 60 },
    );
  });

  test("reads other encodings where they are named, and refuses them by row where they are not", async () => {
    const latin1 = bytesOf("a,label\n1,M", 0xf6, ...bytesOf("we\n2,M"), 0xe4, ...bytesOf("we\n"));
    expect((await read(latin1, { encoding: "latin1" })).labels).toEqual(["Möwe", "Mäwe"]);
    const utf16 = new Uint8Array(Buffer.from("\uFEFFa;label\n1;Möwe\n", "utf16le"));
    expect((await read(utf16, { encoding: "utf-16le" })).labels).toEqual(["Möwe"]);
    const refusals = [
      [latin1, "a.csv, row 2: not UTF-8; name its encoding with the option encoding (encoding=latin1)"],
      [utf16, "a.csv, row 1: not UTF-8; name its encoding with the option encoding (encoding=utf-16le)"],
      [bytesOf('a,label\n\n"1\n2",3\n4,x', 0xc3), "a.csv, row 4: not UTF-8"],
      [bytesOf("a,label\n1,x\n", 0xc3, 0x28), "a.csv, row 3: not UTF-8"],
    ] as const;
    for (const [bytes, message] of refusals) await expect(read(bytes)).rejects.toThrow(message);
  });

  test("reads files that are longer than what is read at once, and counts their rows", async () => {
    const rows = 200_000;
    const text = `a,label\n${"1.25,x\n".repeat(rows)}2,`;
    await expect(read(bytesOf(text, 0xff))).rejects.toThrow(`a.csv, row ${rows + 2}: not UTF-8`);
    for (const quote of ["", '"']) {
      // The four bytes of the bird lie on both sides of the border, and so does a "\r\n".
      for (const [before, after] of [
        ["🐦", ""],
        ["", "\r"],
      ] as const) {
        const start = `a,label\n1,${quote}x${quote}\n2,${quote}`;
        const label = "b".repeat(2 ** 20 - start.length - quote.length - 2 + (before === "" ? 1 : 0)) + before;
        const { labels } = await read(`${start}${label}${quote}${after}\n3,y\n`);
        expect(labels).toEqual(["x", label, "y"]);
      }
    }
  });

  test("names the row and the column of what it refuses", async () => {
    const refusals = [
      ["", 'the first row must name the columns, one of them "label"'],
      ["a,label\n\n", "a.csv: must have a row below the names of the columns"],
      ["a,label\n1,x\n\n2\n", "a.csv, row 4: must have 2 cells, got 1"],
      ["a,label\n1,x\none,x\n", 'a.csv, row 3: "a" must be a finite float32 number, got "one"'],
      ["a,label\n ,x\n", 'a.csv, row 2: "a" is missing'],
      ["a,label\n1,x\nNaN,x\n", 'row 3: "a" must be a finite float32 number, got "NaN"'],
      ["a,label\n-inf,x\n", 'got "-inf"'],
      ["a,label\nInfinity,x\n", 'got "Infinity"'],
      ["a,label\n1e99,x\n", 'got "1e99"'],
      ["a,label\n0b101,x\n", 'got "0b101"'],
      ["a,label\n0x1F,x\n", 'got "0x1F"'],
      ["a;label\n1,5;x\n", 'row 2: "a" must be a finite float32 number, got "1,5"; decimals are written with a point'],
      ["a,label\n1,\n", "a.csv, row 2: label is missing"],
      ["a,label\n1,nan\n", "a.csv, row 2: label is missing"],
      ['a,label\n1,x\n2,"y\n3,z\n', "a.csv, row 3: a quote is not closed"],
      ["a,label\n1,\0\n", "a.csv, row 2: holds a NUL character"],
    ] as const;
    for (const [text, message] of refusals) await expect(read(text)).rejects.toThrow(message);
    expect((await read("a,label\n0e5,0b101\n+.5e1,5\n")).x).toEqual([0, 5]);
  });

  test("refuses hostile rows at once and in a short message", async () => {
    const refusals = [
      [`a,label\n${" ".repeat(100_000)}x"\n`, "row 2: a quote is not closed"],
      [`a,label\n${" ".repeat(100_000)}x"",1\n`, "row 2: a quoted cell must be quoted as a whole"],
      [`a,label\n${"x".repeat(1_000_000)},1\n`, "of 1000000 characters"],
      [`a,${"x".repeat(1_000_000)}\n`, "of 1000000 characters"],
      [`a,label\n1,"${"\n".repeat(2 ** 24)}`, "row 2: a row must have at most 16777216 characters; a quote may not be"],
      [`a,label\n${"1".repeat(2 ** 24 + 1)}`, "row 2: a row must have at most 16777216 characters"],
    ] as const;
    for (const [text, message] of refusals) {
      const error = await read(text).catch((refusal: unknown) => refusal);
      expect(String(error)).toContain(message);
      expect(String(error).length).toBeLessThan(600);
    }
  });

  test("says of packed and unreadable files what is wrong", async () => {
    const packed = gzipSync("a,label\n1,x\n".repeat(100));
    expect((await read(Uint8Array.of(...gzipSync("a,label\n1,x\n"), ...gzipSync("2,y\n")))).x).toEqual([1, 2]);
    await expect(read(packed.subarray(0, 30))).rejects.toThrow("a.csv: truncated gzip data");
    packed.fill(0, 20, 30);
    await expect(read(packed)).rejects.toThrow("a.csv: damaged gzip data");
    await expect(readCsv("no/such.csv", new CsvColumns())).rejects.toThrow("no/such.csv: cannot be read: ENOENT");
  });
});
