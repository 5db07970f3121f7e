import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../src/core/random_stream.ts";
import type { DataSource } from "../../src/data/data_source.ts";
import { ClassBalancedBuffer } from "../../src/memory/class_balanced_buffer.ts";
import type { ExemplarsBuffer } from "../../src/memory/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../src/memory/experience_balanced_buffer.ts";
import { ReservoirSamplingBuffer } from "../../src/memory/reservoir_sampling_buffer.ts";
import { createStream } from "../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

const buffers: Record<string, (maxSize: number) => ExemplarsBuffer> = {
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

for (const [name, create] of Object.entries(buffers)) {
  describe(`${name} as an ExemplarsBuffer`, () => {
    test("fills up to its size with distinct samples of the experiences", async () => {
      const buffer = create(16);
      const randomStreams = new RandomStreams(5);
      expect([buffer.maxSize, buffer.buffer.length]).toEqual([16, 0]);
      const seen: string[] = [];
      for (const experience of stream) {
        await buffer.update({ experience, randomStreams });
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

    test("draws from the stream named buffer, and repeats itself from its seed", async () => {
      const runs: string[][] = [];
      for (const seed of [1, 1, 2]) {
        const [buffer, randomStreams] = [create(8), new RandomStreams(seed)];
        for (const experience of stream) await buffer.update({ experience, randomStreams });
        runs.push(listSamples(buffer.buffer));
        expect(Object.keys(randomStreams.save())).toEqual(["buffer"]);
      }
      expect(runs[0]).toEqual(runs[1]);
      expect(runs[0]).not.toEqual(runs[2]);
    });

    test("restore() goes on as if it had never stopped", async () => {
      const [whole, streams] = [create(8), new RandomStreams(3)];
      await whole.update({ experience: stream.at(0), randomStreams: streams });
      await whole.update({ experience: stream.at(1), randomStreams: streams });
      const state = structuredClone(whole.save());
      const [resumed, resumedStreams] = [create(8), new RandomStreams(3)];
      resumedStreams.restore(streams.save());
      resumed.restore(state, sourcesByName());
      expect(listSamples(resumed.buffer)).toEqual(listSamples(whole.buffer));
      await whole.update({ experience: stream.at(2), randomStreams: streams });
      await resumed.update({ experience: stream.at(2), randomStreams: resumedStreams });
      expect(listSamples(resumed.buffer)).toEqual(listSamples(whole.buffer));
      expect(resumed.save()).toEqual(whole.save());
    });

    test("restore() refuses the state of another kind, and sources that are gone", async () => {
      const buffer = create(8);
      await buffer.update({ experience: stream.at(0), randomStreams: new RandomStreams(3) });
      const state = buffer.save();
      const other = state.kind === "reservoir" ? new ClassBalancedBuffer({ maxSize: 4 }) : create(8);
      const wrong = state.kind === "reservoir" ? state : new ReservoirSamplingBuffer({ maxSize: 4 }).save();
      expect(() => other.restore(wrong, sourcesByName())).toThrow("a state of kind");
      expect(() => buffer.restore(state, new Map())).toThrow("one of the sources");
    });
  });
}
