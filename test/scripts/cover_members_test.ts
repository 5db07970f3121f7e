import { describe, expect, test } from "bun:test";
import process from "node:process";
import fc from "fast-check";
import { coverMembers, WORKER_COUNTS } from "../support/cover_members.ts";

/** As the check has it: only in Deno, and there unless it is told to go through all. */
const isHalved = "Deno" in globalThis && process.env.FIRN_TESTS === "halved";
const members = fc.uniqueArray(fc.nat(), { maxLength: 60 });

describe("coverMembers()", () => {
  test("goes through all members, or through half of them and at least one, in their order", () => {
    fc.assert(
      fc.property(members, (all) => {
        const covered = coverMembers(all);
        expect(covered).toEqual(all.filter((member) => covered.includes(member)));
        if (!isHalved) expect(covered).toEqual(all);
        else if (all.length > 0) expect(covered.length).toBeGreaterThan(0);
        if (isHalved) expect(Math.abs(covered.length - all.length / 2)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("compares no worker with several in either runtime, and with one in Bun", () => {
    expect(WORKER_COUNTS).toEqual(isHalved ? [0, 2] : [0, 1, 2]);
  });
});
