import { describe, expect, test } from "bun:test";
import { RandomStream, RandomStreams } from "../../src/core/random_stream.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { ClassBalancedOutputs } from "../../src/memory/buffers/class_balanced_outputs.ts";
import { OutputReservoir } from "../../src/memory/buffers/output_reservoir.ts";
import { createStream } from "../../src/streams/stream.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

/** Labels 0 1, then 1 2; sample i of a part has the one value i. */
const stream = createStream(
  "train",
  [0, 1].map((index) => ({
    dataset: makeDataset(
      Array.from({ length: 20 }, (_, i) => index + (i % 2)),
      { name: `part ${index}` },
    ),
  })),
);
const parts = [...stream].map(({ dataset }) => dataset);
const sources = new Map(parts.flatMap((part) => [...part.sources.values()].map((source) => [source.name, source])));

/** Outputs that name their sample: its value, times each column's number from 1. */
function answer(samples: Dataset, width: number) {
  const values = readSamples(samples).data;
  const data = Float32Array.from({ length: values.length * width }, (_, i) => {
    return (values[Math.floor(i / width)] ?? 0) * ((i % width) + 1);
  });
  return { data, shape: [values.length, width] };
}

describe("OutputReservoir", () => {
  test("holds every offered sample with even odds", () => {
    const counts = new Map<string, number>();
    const runs = 2000;
    for (let seed = 0; seed < runs; seed++) {
      const random = new RandomStream(seed, "memory");
      const memory = new OutputReservoir(10);
      for (const samples of parts) memory.offer({ samples, outputs: answer(samples, 1) }, random);
      for (const sample of listSamples(memory.draw(10, random).samples))
        counts.set(sample, (counts.get(sample) ?? 0) + 1);
    }
    expect(counts.size).toBe(40);
    // 500 each; five standard deviations are 97.
    for (const count of counts.values()) expect(Math.abs(count - runs / 4)).toBeLessThan(97);
  });

  test("draw() gives samples with their own outputs, each at most once, also after the outputs got wider", () => {
    const random = new RandomStream(1, "memory");
    const memory = new OutputReservoir(30);
    for (const [i, samples] of parts.entries()) memory.offer({ samples, outputs: answer(samples, i + 2) }, random);
    expect(memory.length).toBe(30);
    const { samples, outputs } = memory.draw(50, random);
    expect(outputs.shape).toEqual([30, 3]);
    expect(new Set(listSamples(samples)).size).toBe(30);
    const wanted = answer(samples, 3).data.map((value, i) => {
      const isOld = parts[0]?.sources.has(samples.references.sourceIds[Math.floor(i / 3)] ?? -1);
      return isOld && i % 3 === 2 ? Number.NaN : value;
    });
    expect([...outputs.data]).toEqual([...wanted]);
    expect(memory.draw(4, random).samples.length).toBe(4);
  });

  test("holds everything where it may hold more than there is, and takes no memory for the rest", () => {
    const random = new RandomStream(1, "memory");
    const memory = new OutputReservoir(1e15);
    for (const [i, samples] of parts.entries()) memory.offer({ samples, outputs: answer(samples, i + 1) }, random);
    const held = parts.flatMap(listSamples);
    expect(listSamples(memory.draw(1e9, random).samples).sort()).toEqual(held.sort());
  });

  test("restore() goes on as if it had never stopped", () => {
    const random = new RandomStream(1, "memory");
    const [memory, resumed] = [new OutputReservoir(7), new OutputReservoir(7)];
    const [first = makeDataset([]), second = makeDataset([])] = parts;
    memory.offer({ samples: first, outputs: answer(first, 2) }, random);
    memory.dropUnusedSources();
    resumed.restore(structuredClone(memory.save()), { sources });
    const draws = [memory, resumed].map((each) => {
      const stream = new RandomStream(9, "memory");
      each.offer({ samples: second, outputs: answer(second, 3) }, stream);
      const { samples, outputs } = each.draw(7, stream);
      return [listSamples(samples), [...outputs.data]];
    });
    expect(draws[1]).toEqual(draws[0] ?? []);
    expect(() => new OutputReservoir(3).restore(memory.save(), { sources })).toThrow("3 samples, got 7");
  });
});

describe("ClassBalancedOutputs", () => {
  test("keeps classes in equal parts, and the outputs of the moment in which a sample came", async () => {
    const memory = new ClassBalancedOutputs(12);
    const randomStreams = new RandomStreams(3);
    const computed: number[] = [];
    for (const [index, experience] of [...stream].entries()) {
      await memory.update({ experience, randomStreams }, async (samples) => {
        computed.push(samples.length);
        return answer(samples, index + 2);
      });
    }
    expect(memory.length).toBe(12);
    // Only those that were new and stayed.
    expect(computed[0]).toBe(12);
    expect(computed[1]).toBeLessThan(12);
    const { samples, outputs } = memory.draw(12, new RandomStream(1, "memory"));
    expect([0, 1, 2].map((label) => samples.targets.filter((y) => y === label).length)).toEqual([4, 4, 4]);
    const wanted = answer(samples, 3).data.map((value, i) => {
      const isOld = parts[0]?.sources.has(samples.references.sourceIds[Math.floor(i / 3)] ?? -1);
      return isOld && i % 3 === 2 ? Number.NaN : value;
    });
    expect([...outputs.data]).toEqual([...wanted]);
    const resumed = new ClassBalancedOutputs(12);
    resumed.restore(structuredClone(memory.save()), { sources });
    const again = resumed.draw(12, new RandomStream(1, "memory"));
    expect(listSamples(again.samples)).toEqual(listSamples(samples));
    expect([...again.outputs.data]).toEqual([...wanted]);
  });
});
