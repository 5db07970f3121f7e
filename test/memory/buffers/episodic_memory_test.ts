import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { EpisodicMemory } from "../../../src/memory/buffers/episodic_memory.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import { createStream } from "../../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

const parts = [12, 3, 8].map((length, index) => makeDataset(new Int32Array(length), { name: `part ${index}` }));

const stream = createStream(
  "train",
  parts.map((dataset) => ({ dataset })),
);
const sources = new Map(parts.flatMap((part) => [...part.sources.values()].map((source) => [source.name, source])));

function fill(): EpisodicMemory {
  const memory = new EpisodicMemory(5);
  for (const experience of stream) memory.add(experience, new RandomStream(1, "memory"));
  return memory;
}

describe("EpisodicMemory", () => {
  test("keeps a few samples of every experience apart, or all where there are fewer", () => {
    const memory = fill();
    expect(memory.parts.map(({ length }) => length)).toEqual([5, 3, 5]);
    for (const [index, part] of memory.parts.entries()) {
      const whole = listSamples(parts[index] ?? part);
      expect(listSamples(part).every((sample) => whole.includes(sample))).toBe(true);
    }
    expect(listSamples(memory.samples)).toEqual(memory.parts.flatMap(listSamples));
    memory.add(stream.at(1), new RandomStream(1, "memory"));
    expect(memory.samples.length).toBe(16);
  });

  test("takes an online stream's pieces for one experience, past when its last has come, and goes on between them", () => {
    const online = createOnlineStream(stream, { experienceSize: 2, random: new RandomStream(1, "online") });
    let memory = new EpisodicMemory(5);
    const random = new RandomStream(1, "memory");
    const lengths = Array.from(online, (piece) => {
      memory.add(piece, random);
      const resumed = new EpisodicMemory(5);
      resumed.restore(structuredClone(memory.save()), { sources });
      memory = resumed;
      return memory.parts.map(({ length }) => length);
    });
    expect(lengths).toEqual([[], [], [], [], [], [5], [5], [5, 3], [5, 3], [5, 3], [5, 3], [5, 3, 5]]);
    for (const [index, part] of memory.parts.entries())
      expect([...part.sources]).toEqual([...(parts[index]?.sources ?? [])]);
  });

  test("restore() goes on from what save() gave", () => {
    const memory = fill();
    const resumed = new EpisodicMemory(5);
    resumed.restore(structuredClone(memory.save()), { sources });
    expect(resumed.parts.map(listSamples)).toEqual(memory.parts.map(listSamples));
    expect(() => resumed.restore(memory.save(), { sources: new Map() })).toThrow("one of the sources");
  });
});
