import { describe, expect, test } from "bun:test";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { createLocalRanks } from "./local_ranks.ts";

describe("Ranks.close()", () => {
  /** What the others were told, and what came of closing. */
  async function close(isHeard: boolean, failure: unknown) {
    const told: (string | undefined)[] = [];
    const [exchange] = createLocalRanks(2);
    const ranks = new Ranks(exchange, {
      async leave(reason) {
        told.push(reason);
        return isHeard;
      },
      noteCall() {},
    });
    return { told, isTold: await ranks.close(failure), again: await ranks.close(failure) };
  }

  test("tells others of a failure, and says whether one of them heard it", async () => {
    const failure = new Error("the disk is full");
    const told = ["the disk is full"];
    expect(await close(true, failure)).toEqual({ told, isTold: true, again: false });
    expect(await close(false, failure)).toEqual({ told, isTold: false, again: false });
    expect(await close(true, undefined)).toEqual({ told: [undefined], isTold: true, again: false });
  });
});
