import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readRatio, weighReplay } from "../../../src/methods/generative_replay/replay_weights.ts";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const losses = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 });
const share = fc.double({ min: 0, max: 2, noNaN: true });

describe("weighReplay()", () => {
  test("makes the plain mean of both parts the weighted sum of their means", () => {
    fc.assert(
      fc.property(losses, losses, share, share, (ofFresh, ofReplayed, fresh, replayed) => {
        const weights = weighReplay({ fresh: ofFresh.length, replayed: ofReplayed.length }, { fresh, replayed });
        const weighted = mean([...ofFresh, ...ofReplayed].map((loss, i) => loss * (weights[i] ?? Number.NaN)));
        expect(Math.abs(weighted - (fresh * mean(ofFresh) + replayed * mean(ofReplayed)))).toBeLessThan(1e-4);
      }),
    );
  });
});

describe("readRatio()", () => {
  test("gives each experience, the new one included, the same share, where nothing is said", () => {
    expect([1, 2, 4].map((past) => readRatio(undefined, past))).toEqual([1 / 2, 1 / 3, 1 / 5]);
  });

  test("reads one number, or a list whose last number holds for the rest", () => {
    expect(readRatio(0.7, 3)).toBe(0.7);
    expect([0, 1, 2, 3].map((past) => readRatio([1, 0.5, 0.25], past))).toEqual([1, 0.5, 0.25, 0.25]);
  });
});
