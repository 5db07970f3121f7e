import { afterAll, describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { splitCIFAR10, splitCIFAR100 } from "../../../src/streams/benchmarks/split_cifar.ts";
import { makeCIFARFiles } from "../../support/made_cifar.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

describe("splitCIFAR10()", () => {
  test("splits ten classes into five experiences of images normalised by channel", async () => {
    const folder = await makeFolder(makeCIFARFiles("CIFAR-10", { trainPerClass: 10 }));
    const benchmark = await splitCIFAR10({ folder, shuffle: false, taskLabels: true });
    expect([benchmark.name, benchmark.trainStream.length, benchmark.sampleShape]).toEqual([
      "split-cifar10",
      5,
      [32, 32, 3],
    ]);
    const experience = benchmark.trainStream.at(4);
    expect([experience.classesInThisExperience, experience.dataset.length, experience.taskLabel]).toEqual([
      [8, 9],
      20,
      4,
    ]);
    // The ninth row of a batch of twenty is the first of class 8.
    const { data } = readSamples(experience.dataset);
    const wanted = [(8 / 255 - 0.4914) / 0.2023, (0 - 0.4822) / 0.1994, (8 / 255 - 0.4465) / 0.201];
    for (const [c, value] of wanted.entries()) expect(data[c]).toBeCloseTo(value, 5);
    const augmentationOf = ({ dataset }: typeof experience) => [...dataset.sources.values()][0]?.augmentation;
    expect(augmentationOf(experience)).toEqual({ cropPadding: 4, flip: true });
    expect(augmentationOf(benchmark.testStream.at(0))).toBe(undefined);
    const unaugmented = await splitCIFAR10({ folder, augmentation: null });
    expect(augmentationOf(unaugmented.trainStream.at(0))).toBe(undefined);
    const plain = await splitCIFAR10({
      folder,
      normalize: false,
      experiences: 2,
      classOrder: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    });
    expect(plain.normalization).toEqual({ scale: 1 / 255, mean: [], std: [] });
    expect(plain.trainStream.at(0).classesInThisExperience).toEqual([5, 6, 7, 8, 9]);
  });
});

describe("splitCIFAR100()", () => {
  test("splits a hundred classes into ten experiences, or as many as asked for", async () => {
    const folder = await makeFolder(makeCIFARFiles("CIFAR-100"));
    const benchmark = await splitCIFAR100({ folder });
    expect([benchmark.trainStream.length, benchmark.numClasses, benchmark.normalization.mean[0]]).toEqual([
      10, 100, 0.5071,
    ]);
    expect((await splitCIFAR100({ folder, experiences: 20 })).trainStream.at(3).classesInThisExperience.length).toBe(5);
  });
});
