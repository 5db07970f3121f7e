import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { averageRows, rankByDistance, selectByHerding } from "../../../src/memory/selection/feature_selection.ts";

/** Up to eight rows of two features each, multiples of one half: ties are exact. */
const madeRows = fc.array(fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 })), {
  minLength: 1,
  maxLength: 8,
});

function toTensor(rows: readonly (readonly number[])[]): HostTensor {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0]?.length ?? 0] };
}

function average(rows: readonly (readonly number[])[]): number[] {
  const sum = rows.reduce((total, row) => total.map((value, i) => value + (row[i] ?? 0)), [0, 0]);
  return sum.map((value) => value / rows.length);
}

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)));

describe("selectByHerding()", () => {
  test("takes, one after another, a row that brings the mean of those taken nearest to the mean of all", () => {
    fc.assert(
      fc.property(madeRows, fc.nat(10), (rows, count) => {
        const chosen = [...selectByHerding(toTensor(rows), count)];
        expect(chosen.length).toBe(Math.min(count, rows.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        const mean = average(rows);
        for (const [k, position] of chosen.entries()) {
          const before = chosen.slice(0, k);
          const reach = (row: number) => distance(average([...before, row].map((i) => rows[i] ?? [])), mean);
          const left = rows.map((_, row) => row).filter((row) => !before.includes(row));
          // Rows may be equally good; the one taken is as good as any.
          expect(reach(position)).toBeLessThan(Math.min(...left.map(reach)) + 1e-6);
        }
      }),
    );
  });

  test("begins with the row nearest to the mean, the first of equals", () => {
    expect([
      ...selectByHerding(
        toTensor([
          [4, 0],
          [1, 0],
          [1, 0],
          [-6, 0],
        ]),
        1,
      ),
    ]).toEqual([1]);
    expect([...selectByHerding({ data: new Float32Array(0), shape: [0, 2] }, 3)]).toEqual([]);
  });
});

describe("rankByDistance()", () => {
  test("orders rows by their distance from the mean of all", () => {
    fc.assert(
      fc.property(madeRows, (rows) => {
        const ranked = [...rankByDistance(toTensor(rows))];
        expect(ranked.toSorted((a, b) => a - b)).toEqual(rows.map((_, row) => row));
        const distances = ranked.map((row) => distance(rows[row] ?? [], average(rows)));
        for (const [i, value] of distances.entries()) expect(value).toBeGreaterThan((distances[i - 1] ?? 0) - 1e-6);
      }),
    );
  });
});

describe("averageRows()", () => {
  test("is the mean of each column", () => {
    fc.assert(
      fc.property(madeRows, (rows) => {
        const wanted = average(rows);
        for (const [i, value] of averageRows(toTensor(rows)).entries()) expect(value).toBeCloseTo(wanted[i] ?? 0, 10);
      }),
    );
  });
});
