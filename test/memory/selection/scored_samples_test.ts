import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { drawByWeight, ScoredSamples } from "../../../src/memory/selection/scored_samples.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";

const dataset = makeDataset(new Int32Array(10));
const fresh = makeDataset(new Int32Array(1), { name: "fresh" });

/** A full memory of two: scores 0.5 and 1.5. */
function fill(random: RandomStream): ScoredSamples {
  const memory = new ScoredSamples(2);
  memory.offer(dataset.subset([0, 1, 2]), [0.5, 1.5, 1.2], random);
  return memory;
}

describe("ScoredSamples", () => {
  test("keeps all while there is room, and nothing that resembles the others then", () => {
    const random = new RandomStream(0, "gss");
    const memory = fill(random);
    expect(listSamples(memory.samples)).toEqual(listSamples(dataset).slice(0, 2));
    memory.offer(fresh, [1], random);
    expect(memory.scores).toEqual([0.5, 1.5]);
  });

  test("gives a newcomer the place of one drawn by its score C, with odds C / (C + score)", () => {
    const runs = 20_000;
    const replaced = [0, 0];
    const random = new RandomStream(1, "gss");
    for (let run = 0; run < runs; run++) {
      const memory = fill(random);
      memory.offer(fresh, [0.5], random);
      const place = memory.samples.references.sourceIds.findIndex((id) => fresh.sources.has(id));
      if (place >= 0) {
        replaced[place] = (replaced[place] ?? 0) + 1;
        expect(memory.scores[place]).toBe(0.5);
      }
    }
    // 1/4 · 1/2 and 3/4 · 3/4; five standard deviations are 0.018.
    expect(Math.abs((replaced[0] ?? 0) / runs - 0.125)).toBeLessThan(0.018);
    expect(Math.abs((replaced[1] ?? 0) / runs - 0.5625)).toBeLessThan(0.018);
  });

  test("restore() goes on from what save() gave", () => {
    const memory = fill(new RandomStream(0, "gss"));
    const resumed = new ScoredSamples(2);
    const sources = new Map([...dataset.sources.values()].map((source) => [source.name, source]));
    resumed.restore(structuredClone(memory.save()), { sources });
    expect(listSamples(resumed.samples)).toEqual(listSamples(memory.samples));
    expect(resumed.scores).toEqual(memory.scores);
  });
});

describe("drawByWeight()", () => {
  test("draws by weight, and evenly where there is none", () => {
    const random = new RandomStream(2, "draw");
    const counts = [0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const drawn = drawByWeight([1, 0, 3], random);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[2] ?? 0) - 3000)).toBeLessThan(137);
    expect(new Set(Array.from({ length: 50 }, () => drawByWeight([0, 0], random))).size).toBe(2);
  });
});
