import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { countRowsByReplica, countShards } from "../../../src/cluster/memory/shards.ts";

describe("countRowsByReplica()", () => {
  test("gives every row to one replica, in turn by shard", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 300 }),
      logicalShards: fc.integer({ min: 1, max: 9 }),
      replicas: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, ({ rows, logicalShards, replicas }) => {
        const shards = countShards(rows, logicalShards);
        const counts = countRowsByReplica(rows, { shards, replicas });
        expect(counts.length).toBe(replicas);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows);
        expect(counts.filter((count) => count > 0).length).toBe(Math.min(shards, replicas));
      }),
    );
    expect(countRowsByReplica(10, { shards: 3, replicas: 2 })).toEqual([7, 3]);
  });
});
