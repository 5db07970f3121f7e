import { describe, expect, test } from "bun:test";
import { RandomStream, RandomStreams } from "../../../src/core/random_stream.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { ParametricBuffer } from "../../../src/memory/buffers/parametric_buffer.ts";
import {
  ClosestToCenterSelectionStrategy,
  HerdingSelectionStrategy,
} from "../../../src/memory/selection/selection_strategy.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import { createStream } from "../../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

/** Two experiences of 20 samples, labels 0 1 and 1 2, task labels 0 and 1. Sample i of a part has the one value i. */
const stream = createStream(
  "train",
  [0, 1].map((index) => ({
    dataset: makeDataset(
      Array.from({ length: 20 }, (_, i) => index + (i % 2)),
      { name: `part ${index}`, taskLabel: index },
    ),
  })),
);

async function fill(buffer: ParametricBuffer, seed = 1): Promise<ParametricBuffer> {
  const randomStreams = new RandomStreams(seed);
  const extractFeatures = async (samples: Dataset) => readSamples(samples);
  for (const experience of stream) await buffer.update({ experience, randomStreams, extractFeatures });
  return buffer;
}

describe("ParametricBuffer", () => {
  test("takes the pieces of an online stream for the experiences that they were cut from", async () => {
    const online = createOnlineStream(stream, { experienceSize: 3, random: new RandomStream(1, "online") });
    const buffer = new ParametricBuffer({ maxSize: 6, groupBy: "experience" });
    const randomStreams = new RandomStreams(1);
    for (const experience of online) await buffer.update({ experience, randomStreams });
    expect([...buffer.bufferGroups].map(([group, { length }]) => [group, length])).toEqual([
      [0, 3],
      [1, 3],
    ]);
  });

  test("gives every group its share, whatever makes the groups", async () => {
    const shares: number[][] = [];
    for (const groupBy of ["none", "class", "task", "experience"] as const) {
      const buffer = await fill(new ParametricBuffer({ maxSize: 12, groupBy }));
      shares.push([...buffer.bufferGroups.values()].map(({ length }) => length));
      expect(buffer.buffer.length).toBe(12);
      for (const [label, { targets }] of buffer.bufferGroups) {
        if (groupBy === "class") expect(targets.every((y) => y === label)).toBe(true);
      }
    }
    expect(shares).toEqual([[12], [4, 4, 4], [6, 6], [6, 6]]);
  });

  test("keeps any sample with even odds, old or new, when they are chosen at random", async () => {
    const counts = new Map<string, number>();
    const runs = 2000;
    for (let seed = 0; seed < runs; seed++) {
      const { buffer } = await fill(new ParametricBuffer({ maxSize: 10 }), seed);
      for (const sample of listSamples(buffer)) counts.set(sample, (counts.get(sample) ?? 0) + 1);
    }
    expect(counts.size).toBe(40);
    // 500 each; five standard deviations are 97.
    for (const count of counts.values()) expect(Math.abs(count - runs / 4)).toBeLessThan(97);
  });

  test("draws from no stream, and keeps another choice with another seed", async () => {
    const randomStreams = new RandomStreams(1);
    const buffer = new ParametricBuffer({ maxSize: 10 });
    await buffer.update({ experience: stream.at(0), randomStreams });
    expect(randomStreams.save()).toEqual({});
    const [one, same, other] = await Promise.all(
      [1, 1, 2].map((seed) => fill(new ParametricBuffer({ maxSize: 10 }), seed)),
    );
    expect(listSamples(one?.buffer ?? makeDataset([]))).toEqual(listSamples(same?.buffer ?? makeDataset([])));
    expect(listSamples(one?.buffer ?? makeDataset([]))).not.toEqual(listSamples(other?.buffer ?? makeDataset([])));
  });

  test("keeps those nearest to their group's centre, or a herd of its mean", async () => {
    const read = async (selectionStrategy: ClosestToCenterSelectionStrategy | HerdingSelectionStrategy) => {
      const buffer = new ParametricBuffer({ maxSize: 4, groupBy: "experience", selectionStrategy });
      const { bufferGroups } = await fill(buffer);
      return [...bufferGroups.values()].map((samples) => Array.from(readSamples(samples).data));
    };
    // The values of a part are 0 … 19: their mean is 9.5.
    expect(await read(new ClosestToCenterSelectionStrategy())).toEqual([
      [9, 10],
      [9, 10],
    ]);
    expect(await read(new HerdingSelectionStrategy())).toEqual([
      [9, 10],
      [9, 10],
    ]);
    const squared = async (samples: Dataset) => {
      const { data, shape } = readSamples(samples);
      return { data: data.map((value) => value ** 2), shape };
    };
    // The mean of the squares is 123.5: 121 is nearest to it, and with 121 the next to bring the mean there is 144.
    expect(await read(new HerdingSelectionStrategy({ extractFeatures: squared }))).toEqual([
      [11, 12],
      [11, 12],
    ]);
  });

  test("resize() keeps the first of every group, and save() and restore() go round as plain data", async () => {
    const buffer = await fill(new ParametricBuffer({ maxSize: 12, groupBy: "class" }));
    const before = [...buffer.bufferGroups.values()].map(listSamples);
    buffer.resize(7);
    const after = [...buffer.bufferGroups.values()].map(listSamples);
    expect(after.map(({ length }) => length)).toEqual([3, 2, 2]);
    for (const [i, samples] of after.entries()) expect(samples).toEqual(before[i]?.slice(0, samples.length) ?? []);
    const restored = new ParametricBuffer({ maxSize: 1, groupBy: "class" });
    const sources = new Map(
      [...stream].flatMap(({ dataset }) => [...dataset.sources.values()].map((s) => [s.name, s])),
    );
    restored.restore(structuredClone(buffer.save()), { sources });
    expect(restored.save()).toEqual(buffer.save());
  });

  test("refuses sizes and groupings that there are not, and features where nobody computes them", async () => {
    expect(() => new ParametricBuffer({ maxSize: 0 })).toThrow("ParametricBuffer: maxSize must be at least 1, got 0");
    const unknown = { maxSize: 3, groupBy: "klass" };
    expect(() => Reflect.construct(ParametricBuffer, [unknown])).toThrow(
      'groupBy must be one of "none", "class", "task", "experience", got "klass"',
    );
    const buffer = new ParametricBuffer({ maxSize: 3, selectionStrategy: new HerdingSelectionStrategy() });
    const source = { experience: stream.at(0), randomStreams: new RandomStreams(0) };
    await expect(buffer.update(source)).rejects.toThrow("a strategy that computes features");
  });
});
