import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { shareMemory, splitEvenly } from "../../../src/memory/buffers/share_memory.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("shareMemory()", () => {
  test("gives full groups equal shares, the remainder to the first", () => {
    expect(shareMemory([100, 100, 100], 10)).toEqual([4, 3, 3]);
    expect(shareMemory([100, 2, 100], 10)).toEqual([4, 2, 4]);
    expect(shareMemory([3, 2], 10)).toEqual([3, 2]);
    expect(shareMemory([5, 5, 5], 2)).toEqual([1, 1, 0]);
    expect(shareMemory([], 4)).toEqual([]);
  });

  test("uses all the room there is use for, and lets no group have two more than another that dropped samples", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 12 }), fc.integer({ min: 1, max: 100 }), (seen, maxSize) => {
        const shares = shareMemory(seen, maxSize);
        expect(sum(shares)).toBe(Math.min(maxSize, sum(seen)));
        const cut = shares.filter((share, group) => share < (seen[group] ?? 0));
        for (const share of cut) expect(Math.max(...shares) - share).toBeLessThanOrEqual(1);
        expect(shares.every((share, group) => share <= (seen[group] ?? 0))).toBe(true);
      }),
    );
  });

  test("never raises the share of a group that dropped samples, while samples and groups come in", () => {
    const arrivals = fc.array(fc.record({ group: fc.nat(6), count: fc.integer({ min: 1, max: 20 }) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 40 }), (events, maxSize) => {
        const seen = new Map<number, number>();
        let before: number[] = [];
        let seenBefore: number[] = [];
        for (const { group, count } of events) {
          seen.set(group, (seen.get(group) ?? 0) + count);
          const shares = shareMemory([...seen.values()], maxSize);
          for (const [index, share] of before.entries()) {
            if (share < (seenBefore[index] ?? 0)) expect(shares[index]).toBeLessThanOrEqual(share);
          }
          before = shares;
          seenBefore = [...seen.values()];
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("splitEvenly()", () => {
  test("splits a whole number, larger parts first", () => {
    expect(splitEvenly(10, 3)).toEqual([4, 3, 3]);
    expect(splitEvenly(2, 3)).toEqual([1, 1, 0]);
  });
});
