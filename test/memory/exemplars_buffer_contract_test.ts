import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../src/core/random_stream.ts";
import type { DataSource } from "../../src/data/data_source.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { ClassBalancedBuffer } from "../../src/memory/buffers/class_balanced_buffer.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "../../src/memory/buffers/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../src/memory/buffers/experience_balanced_buffer.ts";
import { ParametricBuffer } from "../../src/memory/buffers/parametric_buffer.ts";
import { ReservoirSamplingBuffer } from "../../src/memory/buffers/reservoir_sampling_buffer.ts";
import {
  ClosestToCenterSelectionStrategy,
  HerdingSelectionStrategy,
  RandomExemplarsSelectionStrategy,
  type SelectionStrategy,
} from "../../src/memory/selection/selection_strategy.ts";
import { createStream } from "../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

const selections: Record<string, () => SelectionStrategy> = {
  "random samples": () => new RandomExemplarsSelectionStrategy(),
  herds: () => new HerdingSelectionStrategy(),
  "those nearest to the centre": () => new ClosestToCenterSelectionStrategy(),
};

/** Buffers whose choice the features decide: it is the same whatever the seed. */
const parametric = Object.entries(selections).flatMap(([chosen, select]) =>
  (["none", "class", "experience"] as const).map((groupBy) => {
    const create = (maxSize: number) => new ParametricBuffer({ maxSize, groupBy, selectionStrategy: select() });
    return [`ParametricBuffer of ${chosen}, grouped by ${groupBy},`, create] as const;
  }),
);

const buffers: Record<string, (maxSize: number) => ExemplarsBuffer> = {
  ...Object.fromEntries(parametric),
  ReservoirSamplingBuffer: (maxSize) => new ReservoirSamplingBuffer({ maxSize }),
  ClassBalancedBuffer: (maxSize) => new ClassBalancedBuffer({ maxSize }),
  "ClassBalancedBuffer of fixed size": (maxSize) =>
    new ClassBalancedBuffer({ maxSize, adaptiveSize: false, totalNumClasses: 4 }),
  ExperienceBalancedBuffer: (maxSize) => new ExperienceBalancedBuffer({ maxSize }),
  "ExperienceBalancedBuffer of fixed size": (maxSize) =>
    new ExperienceBalancedBuffer({ maxSize, adaptiveSize: false, numExperiences: 3 }),
};

/** Three experiences of 12 samples: classes 0 1, 1 2 and 2 3. */
const stream = createStream(
  "train",
  [0, 1, 2].map((index) => {
    const labels = Array.from({ length: 12 }, (_, i) => index + (i % 2));
    return { dataset: makeDataset(labels, { name: `part ${index}` }) };
  }),
);

/** The stream's sources by name. */
function sourcesByName(): Map<string, DataSource> {
  const sources = [...stream].flatMap(({ dataset }) => [...dataset.sources.values()]);
  return new Map(sources.map((source) => [source.name, source]));
}

/** What a buffer reads of a strategy: a sample's own values are its features. */
function createSource(index: number, randomStreams: RandomStreams): BufferUpdateSource {
  return { experience: stream.at(index), randomStreams, extractFeatures: async (samples) => readSamples(samples) };
}

for (const [name, create] of Object.entries(buffers)) {
  const [drawsFromStream, dependsOnSeed] = [!name.startsWith("Parametric"), !/herds|centre/.test(name)];

  describe(`${name} as an ExemplarsBuffer`, () => {
    test("fills up to its size with distinct samples of the experiences", async () => {
      const buffer = create(16);
      const randomStreams = new RandomStreams(5);
      expect([buffer.maxSize, buffer.buffer.length]).toEqual([16, 0]);
      const seen: string[] = [];
      for (const [index, experience] of [...stream].entries()) {
        await buffer.update(createSource(index, randomStreams));
        seen.push(...listSamples(experience.dataset));
        const held = listSamples(buffer.buffer);
        expect(held.length).toBeGreaterThan(0);
        expect(held.length).toBeLessThanOrEqual(16);
        expect(new Set(held).size).toBe(held.length);
        expect(held.every((sample) => seen.includes(sample))).toBe(true);
      }
      buffer.resize(6);
      expect([buffer.maxSize, buffer.buffer.length <= 6]).toEqual([6, true]);
    });

    test("draws from the stream named buffer at most, and repeats itself from its seed", async () => {
      const runs: string[][] = [];
      for (const seed of [1, 1, 2]) {
        const [buffer, randomStreams] = [create(8), new RandomStreams(seed)];
        for (const index of [0, 1, 2]) await buffer.update(createSource(index, randomStreams));
        runs.push(listSamples(buffer.buffer));
        expect(Object.keys(randomStreams.save())).toEqual(drawsFromStream ? ["buffer"] : []);
      }
      expect(runs[0]).toEqual(runs[1]);
      if (dependsOnSeed) expect(runs[0]).not.toEqual(runs[2]);
      else expect(runs[0]).toEqual(runs[2]);
    });

    test("restore() goes on as if it had never stopped", async () => {
      const [whole, streams] = [create(8), new RandomStreams(3)];
      await whole.update(createSource(0, streams));
      await whole.update(createSource(1, streams));
      const state = structuredClone(whole.save());
      const [resumed, resumedStreams] = [create(8), new RandomStreams(3)];
      resumedStreams.restore(streams.save());
      resumed.restore(state, { sources: sourcesByName() });
      expect(listSamples(resumed.buffer)).toEqual(listSamples(whole.buffer));
      await whole.update(createSource(2, streams));
      await resumed.update(createSource(2, resumedStreams));
      expect(listSamples(resumed.buffer)).toEqual(listSamples(whole.buffer));
      expect(resumed.save()).toEqual(whole.save());
    });

    test("restore() refuses the state of another kind, and sources that are gone", async () => {
      const buffer = create(8);
      await buffer.update(createSource(0, new RandomStreams(3)));
      const state = buffer.save();
      const isReservoir = name === "ReservoirSamplingBuffer";
      const other = isReservoir ? new ClassBalancedBuffer({ maxSize: 4 }) : create(8);
      const wrong = isReservoir ? state : new ReservoirSamplingBuffer({ maxSize: 4 }).save();
      expect(() => other.restore(wrong, { sources: sourcesByName() })).toThrow("a state of kind");
      await buffer.update(createSource(1, new RandomStreams(3)));
      const later = buffer.save();
      expect(() => buffer.restore(state, { sources: new Map() })).toThrow("one of the sources");
      expect(buffer.save()).toEqual(later);
    });
  });
}
