import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { drawPositions, drawSamples } from "../../../src/memory/selection/draw_samples.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

describe("drawPositions()", () => {
  test("gives as many distinct positions as asked for, or all, whatever the sizes", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(80), fc.nat(), (length, count, seed) => {
        const drawn = drawPositions(length, count, new RandomStream(seed, "draw"));
        expect(drawn.length).toBe(Math.min(length, count));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(drawn.every((position) => position >= 0 && position < length)).toBe(true);
      }),
    );
  });

  test("gives every ordered pair with the same odds", () => {
    const random = new RandomStream(4, "draw");
    const counts = new Map<string, number>();
    const draws = 12_000;
    for (let i = 0; i < draws; i++) {
      const pair = drawPositions(4, 2, random).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    // 1000 each; five standard deviations are 151.
    for (const count of counts.values()) expect(Math.abs(count - draws / 12)).toBeLessThan(151);
  });
});

describe("drawSamples()", () => {
  test("gives the samples of those positions", () => {
    const dataset = makeDataset([0, 1, 2, 3, 4]);
    const all = listSamples(dataset);
    const [drawn, again] = [1, 1].map((seed) => listSamples(drawSamples(dataset, 3, new RandomStream(seed, "draw"))));
    expect(drawn).toEqual(again ?? []);
    expect(drawn?.every((sample) => all.includes(sample))).toBe(true);
    expect(listSamples(drawSamples(dataset, 9, new RandomStream(2, "draw"))).sort()).toEqual(all.sort());
  });
});
