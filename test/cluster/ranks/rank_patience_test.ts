import { describe, expect, test } from "bun:test";
import { RankPatience } from "../../../src/cluster/ranks/rank_patience.ts";

describe("RankPatience", () => {
  test("allows ten minutes for the first computation, and then as long as the slowest one leads to expect", () => {
    const patience = new RankPatience(120_000);
    expect(patience.ownMs).toBe(600_000);
    patience.noteCall(40);
    expect(patience.ownMs).toBe(120_000);
    patience.noteCall(9000);
    patience.noteCall(50);
    expect(patience.ownMs).toBe(20 * 9000);
  });

  test("takes a time that is shorter than by default for the first computation, too, and a longer one for all", () => {
    const [short, long] = [new RankPatience(3000), new RankPatience(3_600_000)];
    expect([short.ownMs, long.ownMs]).toEqual([3000, 3_600_000]);
    for (const patience of [short, long]) patience.noteCall(40);
    expect([short.ownMs, long.ownMs]).toEqual([3000, 3_600_000]);
    expect([short.beatMs, long.beatMs]).toEqual([600, 5000]);
  });
});
