import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { readSamples } from "../../../src/data/read_samples.ts";
import type { Stream } from "../../../src/streams/experience.ts";
import { listNames } from "../../../src/streams/stream.ts";
import { removeFolders } from "../../support/made_idx.ts";
import { type Files, makeDirectory } from "../made_directory.ts";

afterAll(removeFolders);

/** A table whose feature is the row's number. */
function makeTable(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  return ["x", ...names]
    .join(",")
    .concat("\n", rows.map((row, i) => [i, ...names.map((name) => row[name])].join(",")).join("\n"));
}

/** The rows of each experience, ascending. */
function listRows(stream: Stream): number[][] {
  return [...stream].map(({ dataset }) =>
    dataset.length === 0 ? [] : Array.from(readSamples(dataset).data).sort((a, b) => a - b),
  );
}

const SITES = ["west", "east", "north"];

const rows = Array.from({ length: 30 }, (_, i) => ({
  label: i % 2 === 0 ? "a" : "b",
  site: SITES[i % 3] ?? "",
  date: `2024-${String(1 + ((i * 7) % 12)).padStart(2, "0")}-15`,
  part: i < 18 ? "train" : i < 24 ? "test" : "valid",
}));

describe("directoryBenchmark() with experienceColumn", () => {
  test("makes an experience of each value, in natural order, and holds a share of each out", async () => {
    const files = { "d.csv": makeTable(rows.map(({ label, site }) => ({ label, site }))) };
    const { trainStream, testStream } = await makeDirectory(files, { experienceColumn: "site", testSize: 0.2 });
    expect(listNames(trainStream)).toEqual(["east", "north", "west"]);
    const [train, held] = [listRows(trainStream), listRows(testStream)];
    for (const [i, site] of ["east", "north", "west"].entries()) {
      const all = [...(train[i] ?? []), ...(held[i] ?? [])].sort((a, b) => a - b);
      expect(all).toEqual([...rows.keys()].filter((row) => rows[row]?.site === site));
      expect(held[i]?.length).toBe(2);
    }
  });

  test("orders them by the first of their dates where orderColumn is given, too", async () => {
    const table = makeTable([
      { label: "a", site: "late", date: "2024-10-01" },
      { label: "b", site: "late", date: "2024-11-01" },
      { label: "a", site: "early", date: "2024-9-30" },
      { label: "b", site: "early", date: "2025-01-01" },
    ]);
    const options = { experienceColumn: "site", orderColumn: "date", taskLabels: true };
    const benchmark = await makeDirectory({ "train/d.csv": table, "test/d.csv": table }, options);
    expect(listNames(benchmark.trainStream)).toEqual(["early", "late"]);
    expect([...benchmark.testStream].map(({ taskLabel }) => taskLabel)).toEqual([0, 1]);
    expect(listRows(benchmark.testStream)).toEqual([
      [2, 3],
      [0, 1],
    ]);
  });

  test("takes train, test and validation samples by splitColumn, from Parquet too", async () => {
    const table = rows.map(({ label, site, part }) => ({ label, site, part }));
    const options = { experienceColumn: "site", splitColumn: "part" };
    const { trainStream, testStream, streams } = await makeDirectory({ "d.csv": makeTable(table) }, options);
    const rowsOf = (site: string, part: string) =>
      [...rows.keys()].filter((i) => rows[i]?.site === site && rows[i]?.part === part);
    const sites = ["east", "north", "west"];
    expect(listRows(trainStream)).toEqual(sites.map((site) => rowsOf(site, "train")));
    expect(listRows(testStream)).toEqual(sites.map((site) => rowsOf(site, "test")));
    const valid = streams.get("valid");
    expect(valid && listRows(valid)).toEqual(sites.map((site) => rowsOf(site, "valid")));

    const file = await readFile(new URL("../../data/parquet/files/train-00000-of-00002.parquet", import.meta.url));
    const images = await makeDirectory(
      { "train/0.parquet": file, "test/0.parquet": file },
      { experienceColumn: "site" },
    );
    expect(listNames(images.trainStream)).toEqual(["north", "south"]);
    expect(images.trainStream.at(0).dataset.length).toBe(12);
  });
});

describe("directoryBenchmark() with orderColumn", () => {
  test("cuts the samples in their order into experiences of one size, whatever the order of rows", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 4, maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        async (order, experiences) => {
          const table = makeTable(order.map((time, i) => ({ label: i % 2, time })));
          const files = { "train/d.csv": table, "test/d.csv": table };
          const { trainStream, testStream } = await makeDirectory(files, { orderColumn: "time", experiences });
          const times = listRows(trainStream).map((own) => own.map((row) => order[row] ?? 0));
          expect(times.flat().length).toBe(order.length);
          for (const [i, own] of times.entries()) {
            expect(Math.abs(own.length - order.length / experiences)).toBeLessThanOrEqual(1);
            for (const later of times.slice(i + 1).flat()) expect(Math.max(...own)).toBeLessThan(later);
          }
          // The same rows are tested: each with the experience that it is trained in.
          expect(listRows(testStream)).toEqual(listRows(trainStream));
        },
      ),
      { numRuns: 15 },
    );
  });

  test("orders dates, and deals samples by splitColumn alone where no other column is named", async () => {
    const files = { "d.csv": makeTable(rows.map(({ label, date }) => ({ label, date }))) };
    const { trainStream } = await makeDirectory(files, { orderColumn: "date", experiences: 3, testSize: 0.2 });
    const dates = listRows(trainStream).map((own) => own.map((row) => rows[row]?.date ?? "").sort());
    expect(dates.flat()).toEqual(dates.flat().toSorted());
    const parted = { "d.csv": makeTable(rows.slice(0, 24).map(({ label, part }) => ({ label, part }))) };
    const split = await makeDirectory(parted, { splitColumn: "part", experiences: 2 });
    expect(
      listRows(split.trainStream)
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual([...Array(18).keys()]);
  });

  test("refuses dates that would be sorted by their days, and none that begin with the year", async () => {
    const make = (date: string) => {
      const files = { "d.csv": makeTable(Array.from({ length: 8 }, (_, i) => ({ label: i % 2, date }))) };
      return makeDirectory(files, { orderColumn: "date", experiences: 1, testSize: 0.5 });
    };
    for (const date of ["31.12.2023", "1/2/2024 10:00", "05-06-24"]) {
      await expect(make(date)).rejects.toThrow(`must begin with the year, as 2024-05-31 does, got "${date}"`);
    }
    for (const date of ["2024-05-31", "2024.5.31", "1.5", "week-1-2-3", "10"]) {
      expect((await make(date)).trainStream.length).toBe(1);
    }
  });

  test("refuses what contradicts it, before anything is trained", async () => {
    const table = makeTable(rows.map(({ label, site, part }) => ({ label, site, part })));
    const base: Files = { "d.csv": table };
    const cases: [Files, Parameters<typeof makeDirectory>[1], string][] = [
      [
        base,
        { experienceColumn: "place", dropColumns: ["site", "part"] },
        'the table must have the experience column "place"',
      ],
      [base, { experienceColumn: "label", dropColumns: ["site"] }, "experienceColumn must be a column of its own"],
      [
        base,
        { experienceColumn: "site", experiences: 2, dropColumns: ["part"] },
        "experiences cannot be used with experienceColumn",
      ],
      [
        base,
        { experienceColumn: "site", scenario: "new-instances", dropColumns: ["part"] },
        "scenario cannot be used with experienceColumn",
      ],
      [base, { splitColumn: "site", dropColumns: ["part"] }, "a split must be one of train, training, test"],
      [
        base,
        { splitColumn: "part", testSize: 0.5, dropColumns: ["site"] },
        'splitColumn cannot be used with a folder "test"',
      ],
      [base, { splitColumn: "part", dropColumns: ["site"] }, "a split for validation requires experienceColumn"],
      [
        base,
        { orderColumn: "part", experiences: 31, dropColumns: ["site"] },
        "experiences must be at most the 30 samples",
      ],
      [
        { "may/d.csv": table },
        { experienceColumn: "site", dropColumns: ["part"] },
        "requires samples without folders of experiences",
      ],
      [{ "d.csv": "x,label,site\n1,a," }, { experienceColumn: "site" }, "d.csv, row 2: its experience is missing"],
    ];
    for (const [files, options, message] of cases) await expect(makeDirectory(files, options)).rejects.toThrow(message);
  });
});
