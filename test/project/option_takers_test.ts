import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { RefusalError, TypeRefusal } from "../../src/core/errors/errors.ts";
import * as firn from "../../src/mod.ts";
import { removeFolders } from "../support/made_idx.ts";
import { describeTaker, listStaleNames, type OptionTaker } from "./option_takers.ts";
import { TAKES_NO_OPTIONS } from "./takes_no_options.ts";

afterAll(removeFolders);

/** Near no option's name, so that the refusal lists them all. */
const FAR = "zzzzzzzzzzzzzzzzzzzzzzzz";
const NONSENSE = Symbol("nonsense");

const takers = Object.entries(firn).filter(([name]) => !TAKES_NO_OPTIONS.has(name));

/** What a call was refused with; undefined where it was not. */
async function refusalOf(call: () => unknown): Promise<Error | undefined> {
  try {
    const made = await call();
    if (typeof made === "object" && made !== null && "close" in made && typeof made.close === "function") {
      await made.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** The options there are, by what an unknown one is refused with. */
async function listOptions({ call, needed }: OptionTaker): Promise<string[]> {
  const refusal = await refusalOf(async () => call({ ...(await needed()), [FAR]: 1 }));
  expect(refusal).toBeInstanceOf(TypeRefusal);
  expect(refusal?.message).toContain(`unknown option "${FAR}"; `);
  return refusal?.message.split("; known: ")[1]?.split(", ") ?? [];
}

describe("what is exported and takes options", () => {
  test("is all that is exported, but for what is known to take none", () => {
    expect(listStaleNames()).toEqual([]);
    expect([...TAKES_NO_OPTIONS].filter((name) => !(name in firn))).toEqual([]);
  });

  for (const [name, exported] of takers) {
    const taker = describeTaker(name, exported);

    test(`${name} refuses an unknown option, and what is no object of options`, async () => {
      await listOptions(taker);
      for (const options of [0.1, "", null, [], () => {}]) {
        const refusal = await refusalOf(() => Reflect.apply(taker.call, undefined, [options]));
        expect(refusal).toBeInstanceOf(TypeRefusal);
        expect(refusal?.message).toContain("options must be an object such as {");
      }
    });

    test(`${name} takes an option that is undefined for one that is left out`, async () => {
      const needed = await taker.needed();
      const absent = Object.fromEntries((await listOptions(taker)).map((option) => [option, undefined]));
      if (taker.unfinished === undefined) {
        expect(await refusalOf(() => taker.call({ ...absent, ...needed }))).toBeUndefined();
      }
      for (const option of Object.keys(needed)) {
        const refusal = await refusalOf(() => taker.call({ ...needed, [option]: undefined }));
        if (refusal) expect(refusal).toBeInstanceOf(RefusalError);
      }
    });

    test(`${name} names the option whose value is of no kind that it takes`, async () => {
      for (const option of await listOptions(taker)) {
        for (const value of [NONSENSE, null]) {
          const isTurnedOff = value === null && ["augmentation", "evaluator"].includes(option);
          if (isTurnedOff || taker.loose?.includes(option)) continue;
          const refusal = await refusalOf(async () => taker.call({ ...(await taker.needed()), [option]: value }));
          expect([option, refusal instanceof RefusalError]).toEqual([option, true]);
          expect(refusal?.message).toContain(option);
        }
      }
    });
  }

  test("leaves no folder where it is called without what it requires", () => {
    expect(existsSync("never made")).toBe(false);
  });
});
