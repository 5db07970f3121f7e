import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { createLinearDecayStream } from "../../src/streams/linear_decay_stream.ts";
import { createStream } from "../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

/** A stream whose experience i has `lengths[i]` samples of class i and task i. */
function makeOrigin(lengths: readonly number[]) {
  return createStream(
    "train",
    lengths.map((length, id) => ({ dataset: makeDataset(new Array(length).fill(id), { taskLabel: id }) })),
  );
}

function make(lengths: readonly number[], { experienceSize = 5, beta = 4, seed = 0 } = {}) {
  const origin = makeOrigin(lengths);
  const random = new RandomStream(seed, "online");
  return { origin, stream: createLinearDecayStream(origin, { experienceSize, beta, random }) };
}

describe("createLinearDecayStream()", () => {
  test("shows every sample once, and as many in each experience's place as it has", () => {
    const cases = fc.record({
      lengths: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      experienceSize: fc.integer({ min: 1, max: 12 }),
      beta: fc.double({ min: 1, max: 20, noNaN: true }),
      seed: fc.nat(99),
    });
    fc.assert(
      fc.property(cases, ({ lengths, ...options }) => {
        const { origin, stream } = make(lengths, options);
        const pieces = [...stream];
        expect(pieces.flatMap(({ dataset }) => listSamples(dataset)).sort()).toEqual(
          [...origin].flatMap(({ dataset }) => listSamples(dataset)).sort(),
        );
        const seen = new Set<number>();
        for (const piece of pieces) {
          const own = [...new Set(piece.dataset.targets)].sort();
          expect(piece.classesInThisExperience).toEqual(own);
          expect(piece.taskLabels).toEqual(own);
          expect(piece.previousClasses).toEqual([...seen].sort());
          for (const id of own) seen.add(id);
          expect(piece.classesSeenSoFar).toEqual([...seen].sort());
          expect(piece.futureClasses.length).toBe(lengths.length - seen.size);
        }
        for (const [index, experience] of [...origin].entries()) {
          const own = pieces.filter(({ originExperience }) => originExperience === experience);
          expect(own.reduce((sum, { dataset }) => sum + dataset.length, 0)).toBe(lengths[index] ?? 0);
          expect(own.map(({ subStreamLength }) => subStreamLength)).toEqual(own.map(() => own.length));
          expect(own.map(({ isFirstSubexp }) => isFirstSubexp)).toEqual(own.map((_, i) => i === 0));
        }
      }),
    );
  });

  test("keeps to a schedule whose odds fall and rise linearly around each boundary, level at the ends", () => {
    const size = 60_000;
    for (const beta of [1, 4]) {
      const { stream } = make([size, size, size], { experienceSize: size / 20, beta });
      for (const { dataset, currentExperience } of stream) {
        const time = (currentExperience + 0.5) / 20;
        for (let k = 0; k < 3; k++) {
          const slope = (at: number) => {
            const [rise, fall] = [(at - k) * (beta / 2) + 0.5, (k + 1 - at) * (beta / 2) + 0.5];
            return Math.max(0, Math.min(1, beta / 2, rise, fall));
          };
          // What would lie before the stream or behind it is reflected.
          const odds = slope(time) + slope(-time) + slope(6 - time);
          const share = dataset.targets.filter((id) => id === k).length / dataset.length;
          // Five standard deviations of a share of 3000.
          expect(Math.abs(share - odds)).toBeLessThan(0.046);
        }
      }
    }
  });

  test("comes to hard boundaries as beta grows, and refuses one below 1", () => {
    const { stream } = make([10, 10], { beta: 1e9 });
    expect([...stream].map(({ classesInThisExperience }) => classesInThisExperience)).toEqual([[0], [0], [1], [1]]);
    expect(() => make([10, 10], { beta: 0.5 })).toThrow("createLinearDecayStream: beta must be at least 1, got 0.5");
    expect(() => make([10, 10], { experienceSize: 0 })).toThrow(
      "createLinearDecayStream: experienceSize must be at least 1, got 0",
    );
  });
});
