import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Dataset } from "../../src/data/dataset.ts";
import { gatherSamples } from "../../src/data/gather.ts";
import { collectSources } from "../../src/streams/benchmark.ts";
import { permutedMNIST } from "../../src/streams/benchmarks/permuted_mnist.ts";
import { rotatedMNIST } from "../../src/streams/benchmarks/rotated_mnist.ts";
import { splitFashionMNIST, splitMNIST } from "../../src/streams/benchmarks/split_mnist.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

let folder = "";

beforeAll(async () => {
  folder = await makeFolder(makeMNISTFiles());
});

afterAll(removeFolders);

/** The first sample of a data set as a model sees it. */
function readFirst({ sources, references }: Dataset): Float32Array {
  const out = new Float32Array(784);
  gatherSamples(sources, references, { start: 0, end: 1 }, out);
  return out;
}

/** The transforms of an experience's only source. */
function transformsOf({ dataset }: Experience) {
  return [...dataset.sources.values()].flatMap(({ transforms }) => transforms);
}

describe("splitMNIST()", () => {
  test("splits ten classes into five experiences of normalised images", async () => {
    const benchmark = await splitMNIST({ folder, classOrder: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] });
    expect([benchmark.name, benchmark.trainStream.length, benchmark.numClasses]).toEqual(["split-mnist", 5, 10]);
    expect([benchmark.sampleShape, benchmark.isTaskIncremental]).toEqual([[28, 28, 1], false]);
    expect(benchmark.normalization).toEqual({ scale: 1 / 255, mean: [0.1307], std: [0.3081] });
    const experience = benchmark.trainStream.at(0);
    expect([experience.classesInThisExperience, experience.dataset.length]).toEqual([[8, 9], 40]);
    const pixel = ((experience.dataset.targets[0] ?? 0) * 10 + 15) / 255;
    expect(readFirst(experience.dataset)[5]).toBeCloseTo((pixel - 0.1307) / 0.3081, 5);
    expect([...benchmark.streams.keys()]).toEqual(["train", "test"]);
  });

  test("hands its options to the streams", async () => {
    const options = { folder, seed: 2, taskLabels: true, validationSize: 0.5, examplesPerExperience: 7 };
    const benchmark = await splitMNIST({ ...options, normalize: false, onlineExperienceSize: 3 });
    expect([...benchmark.streams.keys()]).toEqual(["train", "valid", "test", "train_online"]);
    expect([...benchmark.streams.values()].map((stream) => stream.length)).toEqual([5, 5, 5, 5]);
    expect(benchmark.normalization).toEqual({ scale: 1 / 255, mean: [], std: [] });
    expect(benchmark.streams.get("train_online")?.at(4).taskLabel).toBe(4);
    expect(benchmark.streams.get("valid")?.at(1).taskLabel).toBe(1);
    expect(collectSources(benchmark).size).toBe(10);
  });

  test("splitFashionMNIST() normalises with its own numbers", async () => {
    const benchmark = await splitFashionMNIST({ folder, experiences: 3 });
    expect([...benchmark.trainStream].map((experience) => experience.classesInThisExperience.length)).toEqual([
      4, 3, 3,
    ]);
    expect(benchmark.normalization.mean).toEqual([0.286]);
  });
});

describe("permutedMNIST()", () => {
  test("permutes pixels anew in every experience, test like train, whatever the number of experiences", async () => {
    const [short, long] = [
      await permutedMNIST({ folder, experiences: 2, seed: 5 }),
      await permutedMNIST({ folder, seed: 5 }),
    ];
    expect([short.trainStream.length, long.trainStream.length]).toEqual([2, 10]);
    const plain = Array.from(readFirst((await splitMNIST({ folder, experiences: 1 })).trainStream.at(0).dataset));
    const rows = [...long.trainStream].map(({ dataset }) => Array.from(readFirst(dataset)));
    expect(new Set([...rows, plain].map((row) => row.join())).size).toBe(11);
    for (const row of rows) expect(row.toSorted()).toEqual(plain.toSorted());
    for (const [index, experience] of [...short.trainStream].entries()) {
      expect(transformsOf(experience)).toEqual(transformsOf(long.trainStream.at(index)));
      expect(transformsOf(experience)[0]).toBe(transformsOf(short.testStream.at(index))[0]);
      expect(experience.classesInThisExperience.length).toBe(10);
    }
    expect(collectSources(long).size).toBe(20);
    await expect(permutedMNIST({ folder, experiences: 0 })).rejects.toThrow("experiences");
  });
});

describe("rotatedMNIST()", () => {
  test("turns images by the rotations given, else by random ones", async () => {
    const given = await rotatedMNIST({ folder, rotations: [0, -90], taskLabels: true });
    expect(given.trainStream.length).toBe(2);
    expect(transformsOf(given.testStream.at(1))[0]).toEqual({ kind: "rotate", degrees: -90 });
    expect(given.trainStream.at(1).taskLabels).toEqual([1]);
    const [still, turned] = [...given.trainStream].map(({ dataset }) => readFirst(dataset));
    // A quarter turn clockwise takes the first row's start to its end.
    expect(turned?.[27]).toBe(still?.[0] ?? -1);
    const random = await rotatedMNIST({ folder, experiences: 4, seed: 1 });
    const angles = [...random.trainStream].map((experience) => transformsOf(experience)[0]);
    expect(new Set(angles.map((transform) => (transform?.kind === "rotate" ? transform.degrees : 0.5))).size).toBe(4);
  });

  test("refuses rotations that are no whole degrees, or not one an experience", async () => {
    await expect(rotatedMNIST({ folder, rotations: [0.5] })).rejects.toThrow(
      "rotatedMNIST: rotations[0] must be a whole number, got 0.5",
    );
    await expect(rotatedMNIST({ folder, rotations: [181] })).rejects.toThrow(
      "rotatedMNIST: rotations[0] must be from -180 to 180, got 181",
    );
    await expect(rotatedMNIST({ folder, rotations: [1], experiences: 2 })).rejects.toThrow(
      "rotatedMNIST: rotations must be 2 angles, as experiences, got 1",
    );
  });
});
