import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream, RandomStreams } from "../../src/core/random_stream.ts";
import { ClassBalancedBuffer } from "../../src/memory/buffers/class_balanced_buffer.ts";
import { ExperienceBalancedBuffer } from "../../src/memory/buffers/experience_balanced_buffer.ts";
import { createOnlineStream } from "../../src/streams/online_experience.ts";
import { createStream } from "../../src/streams/stream.ts";
import { makeDataset } from "../support/made_dataset.ts";

/** The lengths of a buffer's groups by group. */
function groupLengths({ bufferGroups }: ClassBalancedBuffer | ExperienceBalancedBuffer): [number, number][] {
  return [...bufferGroups].map(([group, reservoir]) => [group, reservoir.buffer.length]);
}

/** `count` labels of every class given. */
function labels(count: number, ...classes: number[]): number[] {
  return classes.flatMap((id) => new Array<number>(count).fill(id));
}

describe("ClassBalancedBuffer", () => {
  test("shares its room among the classes seen, the remainder to those that came first", () => {
    const buffer = new ClassBalancedBuffer({ maxSize: 10 });
    const random = new RandomStream(1, "buffer");
    buffer.updateFromDataset(makeDataset(labels(20, 7, 3)), random);
    expect(groupLengths(buffer)).toEqual([
      [3, 5],
      [7, 5],
    ]);
    buffer.updateFromDataset(makeDataset(labels(20, 1)), random);
    expect(groupLengths(buffer)).toEqual([
      [3, 4],
      [7, 3],
      [1, 3],
    ]);
    buffer.resize(5);
    expect(groupLengths(buffer)).toEqual([
      [3, 2],
      [7, 2],
      [1, 1],
    ]);
    expect(Array.from(buffer.buffer.targets)).toEqual([3, 3, 7, 7, 1]);
  });

  test("lends the room of a small class, and takes it back when the class grows", () => {
    const buffer = new ClassBalancedBuffer({ maxSize: 10 });
    const random = new RandomStream(1, "buffer");
    buffer.updateFromDataset(makeDataset([...labels(20, 0), ...labels(2, 1)]), random);
    expect(groupLengths(buffer)).toEqual([
      [0, 8],
      [1, 2],
    ]);
    buffer.updateFromDataset(makeDataset(labels(9, 1)), random);
    expect(groupLengths(buffer)).toEqual([
      [0, 5],
      [1, 5],
    ]);
  });

  test("with a fixed number of classes gives each its part of the whole from the start", () => {
    const buffer = new ClassBalancedBuffer({ maxSize: 11, adaptiveSize: false, totalNumClasses: 5 });
    const random = new RandomStream(1, "buffer");
    buffer.updateFromDataset(makeDataset([...labels(20, 0), 1]), random);
    expect(groupLengths(buffer)).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect(() => buffer.updateFromDataset(makeDataset(labels(1, 2, 3, 4, 5)), random)).toThrow("5 groups");
  });

  test("keeps each class a uniform sample of all that was seen of it, while shares change", () => {
    const counts = new Float64Array(30);
    for (let seed = 0; seed < 2000; seed++) {
      const buffer = new ClassBalancedBuffer({ maxSize: 12 });
      const random = new RandomStream(seed, "buffer");
      const first = makeDataset(labels(30, 0));
      buffer.updateFromDataset(first.subset([...Array(10).keys()]), random);
      buffer.updateFromDataset(makeDataset(labels(3, 1)), random);
      buffer.updateFromDataset(first.subset([...Array(20).keys()].map((i) => i + 10)), random);
      buffer.updateFromDataset(makeDataset(labels(30, 1)), random);
      const rows = buffer.bufferGroups.get(0)?.buffer.references.rows ?? [];
      for (const row of rows) counts[row] = (counts[row] ?? 0) + 1;
    }
    // 2000 runs of 6 in 30: 400 each. 29 degrees of freedom: more than 63 comes by chance once in 4000 seeds.
    expect(counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0)).toBeLessThan(63);
  });

  test("never holds more than its size, and is balanced, whatever comes", () => {
    const updates = fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(updates, fc.integer({ min: 1, max: 20 }), (parts, maxSize) => {
        const buffer = new ClassBalancedBuffer({ maxSize });
        const random = new RandomStream(3, "buffer");
        for (const part of parts) buffer.updateFromDataset(makeDataset(part), random);
        expect(buffer.buffer.length).toBeLessThanOrEqual(maxSize);
        const lengths = groupLengths(buffer);
        const full = lengths.filter(([id, length]) => length < parts.flat().filter((label) => label === id).length);
        for (const [, length] of full) {
          expect(Math.max(...lengths.map(([, other]) => other)) - length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("refuses a fixed size without the number of classes, or without room for each", () => {
    expect(() => new ClassBalancedBuffer({ maxSize: 5, adaptiveSize: false })).toThrow("totalNumClasses");
    expect(() => new ClassBalancedBuffer({ maxSize: 5, adaptiveSize: false, totalNumClasses: 6 })).toThrow(
      "at least 6",
    );
  });
});

describe("ExperienceBalancedBuffer", () => {
  test("shares its room among the experiences, one an update", () => {
    const buffer = new ExperienceBalancedBuffer({ maxSize: 10 });
    const random = new RandomStream(1, "buffer");
    const lengths = [0, 0, 0].map(() => {
      buffer.updateFromDataset(makeDataset(labels(20, 0)), random);
      return groupLengths(buffer);
    });
    expect(lengths).toEqual([
      [[0, 10]],
      [
        [0, 5],
        [1, 5],
      ],
      [
        [0, 4],
        [1, 3],
        [2, 3],
      ],
    ]);
  });

  test("takes the pieces of an online stream for the experiences that they were cut from", () => {
    const origins = [0, 1, 2].map((id) => ({ dataset: makeDataset(labels(20, id), { name: `origin ${id}` }) }));
    const pieces = { experienceSize: 2, random: new RandomStream(1, "online") };
    const buffer = new ExperienceBalancedBuffer({ maxSize: 6 });
    const randomStreams = new RandomStreams(1);
    for (const experience of createOnlineStream(createStream("train", origins), pieces)) {
      buffer.update({ experience, randomStreams });
    }
    expect(Array.from(buffer.buffer.targets)).toEqual([0, 0, 1, 1, 2, 2]);
    // Not the first pieces alone: each reservoir goes on through its experience.
    expect([...buffer.bufferGroups.values()].map(({ seen }) => seen)).toEqual([20, 20, 20]);
  });

  test("keeps an experience apart from pieces of a later one that came before it", () => {
    const origins = [0, 1, 2].map((id) => ({ dataset: makeDataset(labels(20, id), { name: `origin ${id}` }) }));
    const stream = createStream("train", origins);
    const pieces = { experienceSize: 10, random: new RandomStream(1, "online") };
    const buffer = new ExperienceBalancedBuffer({ maxSize: 6 });
    const randomStreams = new RandomStreams(1);
    for (const experience of createOnlineStream(stream.slice(1, 2), pieces))
      buffer.update({ experience, randomStreams });
    for (const experience of [stream.at(0), stream.at(2)]) buffer.update({ experience, randomStreams });
    expect(Array.from(buffer.buffer.targets)).toEqual([1, 1, 0, 0, 2, 2]);
  });

  test("with a fixed number of experiences gives each its part of the whole from the start", () => {
    const buffer = new ExperienceBalancedBuffer({ maxSize: 10, adaptiveSize: false, numExperiences: 3 });
    const random = new RandomStream(1, "buffer");
    for (let i = 0; i < 3; i++) buffer.updateFromDataset(makeDataset(labels(20, i)), random);
    expect(groupLengths(buffer)).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    expect(() => buffer.updateFromDataset(makeDataset([1]), random)).toThrow("3 groups");
    expect(() => new ExperienceBalancedBuffer({ maxSize: 5, adaptiveSize: false })).toThrow("numExperiences");
  });

  test("with more experiences than room keeps one sample each of as many as fit, and forgets the other groups", () => {
    const buffer = new ExperienceBalancedBuffer({ maxSize: 3 });
    const random = new RandomStream(1, "buffer");
    for (let i = 0; i < 9; i++) buffer.updateFromDataset(makeDataset(labels(2, i)), random);
    expect(groupLengths(buffer)).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect(buffer.buffer.sources.size).toBe(3);
  });
});
