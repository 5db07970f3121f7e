import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../src/core/random_stream.ts";
import { EpisodicMemory } from "../../src/memory/episodic_memory.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

const parts = [12, 3, 8].map((length, index) => makeDataset(new Int32Array(length), { name: `part ${index}` }));

function fill(): EpisodicMemory {
  const memory = new EpisodicMemory("create it", 5);
  for (const part of parts) memory.add(part, new RandomStream(1, "memory"));
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
    memory.add(parts[1] ?? makeDataset([]), new RandomStream(1, "memory"));
    expect(memory.samples.length).toBe(16);
  });

  test("restore() goes on from what save() gave", () => {
    const memory = fill();
    const resumed = new EpisodicMemory("create it", 5);
    const sources = new Map(
      parts.flatMap(({ sources }) => [...sources.values()].map((source) => [source.name, source])),
    );
    resumed.restore(structuredClone(memory.save()), sources);
    expect(resumed.parts.map(listSamples)).toEqual(memory.parts.map(listSamples));
    expect(() => resumed.restore(memory.save(), new Map())).toThrow("one of the sources");
    expect(() => new EpisodicMemory("create it", 0)).toThrow("Cannot create it: wanted patternsPerExperience");
  });
});
