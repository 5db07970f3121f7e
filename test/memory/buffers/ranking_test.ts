import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type RankedSamples, Ranking } from "../../../src/memory/buffers/ranking.ts";

/** A sample by its key and its row; the source is the row modulo 3. */
interface Entry {
  readonly key: number;
  readonly row: number;
}

/** Few different keys, so that some are equal. */
const key = fc.integer({ min: 0, max: 400 }).map((value) => value / 400);

/** Lists that are ranked one after another, some of several pieces. */
const lists = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.array(key, { maxLength: 20 }) },
    fc.array(key, { minLength: 900, maxLength: 1500 }),
  ),
  { maxLength: 5 },
);

function toSamples(entries: readonly Entry[]): RankedSamples {
  return {
    keys: Float64Array.from(entries, (entry) => entry.key),
    rows: Int32Array.from(entries, ({ row }) => row),
    sourceIds: Int32Array.from(entries, ({ row }) => row % 3),
  };
}

/** Highest key first; the order among equals stays. */
function sortByKey(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => b.key - a.key);
}

function read(ranking: Ranking): { readonly keys: number[]; readonly rows: number[]; readonly sourceIds: number[] } {
  const { rows, sourceIds } = ranking.collect();
  return { keys: [...ranking.collectKeys()], rows: [...rows], sourceIds: [...sourceIds] };
}

function expectEntries(ranking: Ranking, entries: readonly Entry[]): void {
  const { keys, rows, sourceIds } = toSamples(entries);
  expect(read(ranking)).toEqual({ keys: [...keys], rows: [...rows], sourceIds: [...sourceIds] });
  expect(ranking.length).toBe(entries.length);
  expect(ranking.lowestKey).toBe(entries.at(-1)?.key ?? -1);
}

describe("Ranking", () => {
  test("is what sorting all samples by their keys gives, cut in between, and each one stays as it was", () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 3000 }), (lists, length) => {
        let ranking = Ranking.empty();
        let slow: Entry[] = [];
        let row = 0;
        for (const keys of lists) {
          const added = sortByKey(keys.map((key) => ({ key, row: row++ })));
          const [before, wanted] = [ranking, slow];
          slow = sortByKey([...slow, ...added]);
          ranking = ranking.insert(toSamples(added));
          expectEntries(ranking, slow);
          const { kept, dropped } = ranking.cut(length);
          expect(dropped.flatMap(({ rows }) => [...rows])).toEqual(slow.slice(length).map((entry) => entry.row));
          expectEntries(kept, slow.slice(0, length));
          expectEntries(ranking, slow);
          expectEntries(before, wanted);
          ranking = kept;
          slow = slow.slice(0, length);
        }
        expectEntries(Ranking.from(toSamples(slow)), slow);
      }),
      { numRuns: 60 },
    );
  });

  test("finds every sample by its position", () => {
    const entries = Array.from({ length: 3000 }, (_, row) => ({ key: 1 - row / 3000, row }));
    const halves = [0, 1].map((half) => toSamples(entries.filter(({ row }) => row % 2 === half)));
    const ranking = halves.reduce((whole, half) => whole.insert(half), Ranking.empty());
    for (const position of entries.keys()) {
      expect([ranking.rowAt(position), ranking.sourceIdAt(position)]).toEqual([position, position % 3]);
    }
  });
});
