import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NumberRanges } from "../../src/evaluation/number_ranges.ts";
import { TrainedExperiences } from "../../src/evaluation/trained_experiences.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { createPlainStream } from "./fake_stream.ts";

const cut: Experience[] = [...createPlainStream("train", 6)].map((piece, i) => ({
  ...piece,
  cutFrom: Math.floor(i / 2),
}));
const tested = [...createPlainStream("test", 3)];

describe("NumberRanges", () => {
  test("is a set, and keeps numbers in order as one range", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12)), (numbers) => {
        const ranges = new NumberRanges();
        for (const number of numbers) ranges.add(number);
        const copy = new NumberRanges(ranges.save());
        for (let number = 0; number <= 13; number++) {
          expect(ranges.has(number)).toBe(numbers.includes(number));
          expect(copy.has(number)).toBe(numbers.includes(number));
        }
      }),
    );
    const ranges = new NumberRanges();
    for (let number = 0; number < 1000; number++) ranges.add(number);
    expect(ranges.save()).toEqual([[0, 999]]);
  });
});

describe("TrainedExperiences", () => {
  test("has a test experience once a piece of its counterpart was trained, and pieces one by one", () => {
    const trained = new TrainedExperiences();
    const has = (experiences: readonly Experience[]) => experiences.map((experience) => trained.has(experience));
    expect(has(tested)).toEqual([false, false, false]);
    for (const place of [5, 0]) {
      const piece = cut[place];
      if (piece) trained.add(piece);
    }
    expect(has(tested)).toEqual([true, false, true]);
    expect(has(cut)).toEqual([true, false, false, false, false, true]);
    const copy = new TrainedExperiences();
    copy.restore(JSON.parse(JSON.stringify(trained.save())));
    expect(tested.map((experience) => copy.has(experience))).toEqual([true, false, true]);
    expect(() => copy.restore([1])).toThrow("the saved state of trained experiences needs");
  });
});
