import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { copyToSharedInt32, createSharedUint8 } from "../../src/core/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";

/** A data set whose class ids are given, one value a sample. */
function makeDataset(labels: readonly number[], taskLabel = 0): Dataset {
  const x = createSharedUint8(labels.length);
  const y = copyToSharedInt32(labels);
  return Dataset.fromSource(createDataSource({ name: "made", x, y, sampleShape: [1], taskLabel, transforms: [] }));
}

describe("Dataset", () => {
  test("concat() and subset() follow the samples, as arrays of labels would", () => {
    const lists = fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lists, fc.array(fc.nat(), { maxLength: 10 }), (labels, picks) => {
        const all = labels.flat();
        const joined = Dataset.concat(labels.map((part, task) => makeDataset(part, task)));
        expect(Array.from(joined.targets)).toEqual(all);
        const tasks = labels.flatMap((part, task) => part.map(() => task));
        expect(Array.from(joined.targetsTaskLabels)).toEqual(tasks);
        const positions = all.length === 0 ? [] : picks.map((pick) => pick % all.length);
        const chosen = joined.subset(positions);
        expect(Array.from(chosen.targets)).toEqual(positions.map((position) => all[position] ?? -1));
        expect(chosen.taskLabels).toEqual([...new Set(positions.map((p) => tasks[p] ?? -1))].sort((a, b) => a - b));
        expect(positions.every((position, i) => chosen.taskLabelAt(i) === tasks[position])).toBe(true);
      }),
    );
  });

  test("subset() refuses a position that is not there", () => {
    expect(() => makeDataset([1, 2]).subset([0, 2])).toThrow("positions below 2, got 2");
    expect(() => makeDataset([1, 2]).taskLabelAt(2)).toThrow("a position below 2, got 2");
    expect(() => Dataset.empty().subset([0])).toThrow("positions below 0");
  });

  test("dropUnusedSources() keeps samples and forgets the rest", () => {
    const joined = Dataset.concat([makeDataset([1]), makeDataset([2, 3]), makeDataset([4])]);
    const rest = joined.subset([3, 1]).dropUnusedSources();
    expect(rest.sources.size).toBe(2);
    expect(Array.from(rest.targets)).toEqual([4, 2]);
    expect(joined.dropUnusedSources()).toBe(joined);
  });
});
