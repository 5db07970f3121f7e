import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { formatAccuracyMatrixCsv } from "../../../src/evaluation/continual_measures.ts";
import { MatrixFile } from "../../../src/runs/summary/matrix_file.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

describe("MatrixFile", () => {
  test("holds the whole matrix after each row, and is written as a whole only where a row is wider", async () => {
    const folder = await makeFolder({});
    const cell = fc.constantFrom(0, 1, 0.25, 1 / 3, Number.NaN);
    const widths = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 8 });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(widths, cell, async (growths, value) => {
        runs += 1;
        let wholes = 0;
        const file = new MatrixFile(join(folder, `${runs}.csv`), async (path, text) => {
          wholes += 1;
          await writeFile(path, text);
        });
        await file.write([]);
        const matrix: number[][] = [];
        let width = 1;
        for (const growth of growths) {
          width += growth;
          matrix.push(new Array<number>(width).fill(value));
          await file.write(matrix);
          await file.write(matrix);
          expect(await readFile(file.path, "utf8")).toBe(formatAccuracyMatrixCsv(matrix));
        }
        // The empty file, the first row, and each that was wider.
        const wider = growths.slice(1).filter((growth) => growth > 0).length;
        expect(wholes).toBe(growths.length === 0 ? 1 : 2 + wider);
      }),
      { numRuns: 30 },
    );
  });

  test("replaces what another process left", async () => {
    const folder = await makeFolder({ "matrix.csv": new TextEncoder().encode("0.5,0.25\n0.1") });
    const file = new MatrixFile(join(folder, "matrix.csv"), (path, text) => writeFile(path, text));
    await file.write([[0.5, 0.25]]);
    await file.write([
      [0.5, 0.25],
      [1, 0],
    ]);
    expect(await readFile(file.path, "utf8")).toBe("0.5,0.25\n1,0\n");
  });

  test("writes the whole again after an error", async () => {
    const folder = await makeFolder({});
    const file = new MatrixFile(join(folder, "nowhere", "matrix.csv"), (path, text) => writeFile(path, text));
    await expect(file.write([[1]])).rejects.toThrow("ENOENT");
    await expect(file.write([[1], [0]])).rejects.toThrow("ENOENT");
  });
});
