import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../src/core/random_stream.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { Experience, Stream } from "../../src/streams/experience.ts";
import { joinExperiences } from "../../src/streams/joint_experience.ts";
import { continuesExperience, findOriginNumber, isSameExperience, listLineage } from "../../src/streams/lineage.ts";
import { createLinearDecayStream } from "../../src/streams/linear_decay_stream.ts";
import { createOnlineStream } from "../../src/streams/online_experience.ts";
import { makeDataset } from "../support/made_dataset.ts";

const random = () => new RandomStream(1, "pieces");
const makeParts = (name: string, length: number) =>
  [0, 1, 2].map((id) => ({ dataset: makeDataset(new Array(length).fill(id), { name: `${name} ${id}` }) }));

/** Experiences of 10 samples cut into pieces of 4, 4 and 2, one of each kept for validation. */
const benchmark = createBenchmark({
  name: "made",
  train: makeParts("train", 10),
  test: makeParts("test", 4),
  numClasses: 3,
  sampleShape: [1],
  isTaskIncremental: false,
  normalization: { scale: 1, mean: [], std: [] },
  experienceSize: 4,
  validationSize: 0.3,
});
const { trainStream, testStream } = benchmark;
const valid = benchmark.streams.get("valid") as Stream;
const online = createOnlineStream(trainStream, { experienceSize: 1, random: random() });
const testOnline = createOnlineStream(testStream, { experienceSize: 2, random: random() });

const origins = [0, 0, 0, 1, 1, 1, 2, 2, 2];
const isSame = (a: Experience, b: Experience) => isSameExperience(listLineage(a), listLineage(b));

describe("findOriginNumber()", () => {
  test("is the number of the experience as it was dealt, for pieces of every kind", () => {
    expect([...trainStream].map(findOriginNumber)).toEqual(origins);
    expect([...valid].map(findOriginNumber)).toEqual(origins);
    expect([...testStream].map(findOriginNumber)).toEqual([0, 1, 2]);
    expect(
      [...online].every((piece) => findOriginNumber(piece) === origins[piece.originExperience.currentExperience]),
    ).toBe(true);
    const sliced = createOnlineStream(testStream.slice(1), { experienceSize: 4, random: random() });
    expect([...sliced].map(findOriginNumber)).toEqual([1, 2]);
    const mixed = createLinearDecayStream(testStream, { experienceSize: 2, beta: 2, random: random() });
    expect([...mixed].map(findOriginNumber)).toEqual([0, 0, 1, 1, 2, 2]);
    const twice = createOnlineStream(sliced, { experienceSize: 2, random: random() });
    expect([...twice].map(findOriginNumber)).toEqual([1, 1, 2, 2]);
    expect(findOriginNumber(joinExperiences([trainStream.at(4), trainStream.at(2)]))).toBe(1);
  });
});

describe("isSameExperience()", () => {
  test("compares on the finest level that both have", () => {
    // A piece with a test experience: by origin.
    expect([...testStream].map((tested) => isSame(trainStream.at(4), tested))).toEqual([false, true, false]);
    // A piece with the validation samples of pieces: by piece.
    expect([...valid].map((tested) => isSame(trainStream.at(4), tested))).toEqual(origins.map((_, i) => i === 4));
    // A piece of a piece with each of these.
    const piece = online.at(online.length - 1);
    expect([...valid].map((tested) => isSame(piece, tested))).toEqual(origins.map((_, i) => i === 8));
    expect([...testStream].map((tested) => isSame(piece, tested))).toEqual([false, false, true]);
    expect(isSame(piece, online.at(online.length - 1))).toBe(true);
    expect(isSame(piece, online.at(online.length - 2))).toBe(false);
    // Pieces of another cut: by origin.
    expect([...testOnline].map((tested) => isSame(piece, tested))).toEqual([false, false, false, false, true, true]);
  });
});

describe("continuesExperience()", () => {
  test("is true between pieces of one experience, but not for who sees the pieces themselves", () => {
    const [first, second, next] = [trainStream.at(0), trainStream.at(2), trainStream.at(3)].map(listLineage);
    if (!first || !second || !next) throw new Error("three pieces were made");
    expect(continuesExperience(first, second, ["dealt"])).toBe(true);
    expect(continuesExperience(first, first, ["dealt"])).toBe(true);
    expect(continuesExperience(second, next, ["dealt"])).toBe(false);
    expect(continuesExperience(first, second, ["cut", "dealt"])).toBe(false);
    expect(continuesExperience(first, first, ["cut", "dealt"])).toBe(false);
    const whole = listLineage(testStream.at(0));
    expect(continuesExperience(whole, whole, ["dealt"])).toBe(false);
    expect(continuesExperience(whole, second, ["dealt"])).toBe(false);
  });
});
