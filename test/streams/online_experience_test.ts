import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { createOnlineStream, isOnlineExperience } from "../../src/streams/online_experience.ts";
import { createStream } from "../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

/** A stream whose experience i has `lengths[i]` samples of class i and task i. */
function makeOrigin(lengths: readonly number[]) {
  return createStream(
    "train",
    lengths.map((length, id) => ({ dataset: makeDataset(new Array(length).fill(id), { taskLabel: id }) })),
  );
}

describe("createOnlineStream()", () => {
  test("shows every sample once, origin after origin, in pieces that are full but the last", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 12 }), fc.nat(99), (sizes, experienceSize, seed) => {
        const origin = makeOrigin(sizes);
        const stream = createOnlineStream(origin, { experienceSize, random: new RandomStream(seed, "online") });
        const pieces = [...stream];
        expect(stream.length).toBe(pieces.length);
        expect(pieces.map(({ currentExperience }) => currentExperience)).toEqual([...pieces.keys()]);
        for (const experience of origin) {
          const own = pieces.filter(({ originExperience }) => originExperience === experience);
          const samples = own.flatMap(({ dataset }) => listSamples(dataset));
          expect(samples.sort()).toEqual(listSamples(experience.dataset).sort());
          expect(own.slice(0, -1).every(({ dataset }) => dataset.length === experienceSize)).toBe(true);
          expect(own.map(({ isFirstSubexp }) => isFirstSubexp)).toEqual(own.map((_, part) => part === 0));
          expect(own.map(({ isLastSubexp }) => isLastSubexp)).toEqual(own.map((_, part) => part === own.length - 1));
          expect(own.every(({ subStreamLength }) => subStreamLength === own.length)).toBe(true);
        }
      }),
    );
  });

  test("carries its origin's classes and tasks, and is made when asked for", () => {
    const origin = makeOrigin([4, 6]);
    const stream = createOnlineStream(origin, { experienceSize: 4, random: new RandomStream(1, "online") });
    const piece = stream.slice(1).at(0);
    expect([stream.name, piece.currentExperience, piece.taskLabel]).toEqual(["train_online", 1, 1]);
    expect([piece.classesInThisExperience, piece.previousClasses]).toEqual([[1], [0]]);
    expect(piece.originStream).toBe(stream);
    expect(listSamples(piece.dataset)).toEqual(listSamples(stream.at(1).dataset));
    expect([isOnlineExperience(piece), isOnlineExperience(origin.at(0))]).toEqual([true, false]);
    const random = new RandomStream(1, "online");
    expect(() => createOnlineStream(origin, { experienceSize: 0, random })).toThrow(
      "createOnlineStream: experienceSize must be at least 1, got 0",
    );
  });

  test("keeps the order, and drops what is left at an end, where asked to", () => {
    const random = new RandomStream(1, "online");
    const stream = createOnlineStream(makeOrigin([5, 3]), {
      experienceSize: 2,
      random,
      shuffle: false,
      dropLast: true,
    });
    expect([...stream].map(({ dataset }) => Array.from(dataset.references.rows))).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]);
    expect([...stream].map(({ isLastSubexp }) => isLastSubexp)).toEqual([false, true, true]);
    const tooLarge = { experienceSize: 4, random, dropLast: true };
    expect(() => createOnlineStream(makeOrigin([5, 3]), tooLarge)).toThrow("at least 4 samples in experience 1");
  });
});
