import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { groupPositions } from "../../src/data/group_positions.ts";
import { restoreDataset, saveDataset } from "../../src/data/saved_dataset.ts";
import { relabelTasks } from "../../src/data/transforms/relabel_tasks.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

describe("Dataset", () => {
  test("concat() and subset() follow the samples, as arrays of labels would", () => {
    const lists = fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lists, fc.array(fc.nat(), { maxLength: 10 }), (labels, picks) => {
        const all = labels.flat();
        const joined = Dataset.concat(labels.map((part, task) => makeDataset(part, { taskLabel: task })));
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

describe("groupPositions()", () => {
  test("sorts every position under its value, values and positions ascending", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 5 })), (values) => {
        const groups = [...groupPositions(Int32Array.from(values))];
        expect(groups.map(([value]) => value)).toEqual([...new Set(values)].sort((a, b) => a - b));
        for (const [value, positions] of groups) {
          expect(Array.from(positions)).toEqual([...values.keys()].filter((position) => values[position] === value));
        }
      }),
    );
  });
});

describe("createArrayDataset()", () => {
  const make = (parts: object) =>
    createArrayDataset({ name: "a", x: new Float32Array(4), y: [1, 0], sampleShape: [2], ...parts });

  test("refuses labels, task labels and values that a run could not use, by row", () => {
    for (const wrong of [Number.NaN, 0.5, 2 ** 31]) {
      expect(() => make({ y: [1, wrong] })).toThrow(
        `a, row 1: the label must be a whole number of int32, got ${wrong}`,
      );
    }
    for (const y of [BigInt64Array.of(0n, 1n), [0n, 1n]]) {
      expect(() => make({ y })).toThrow("a: labels must be numbers, got BigInts; convert them with Int32Array.from(y,");
    }
    for (const taskLabel of [0.5, -1, Number.NaN, 2 ** 31]) {
      expect(() => make({ taskLabel })).toThrow(
        `a: the task label must be a whole number from 0 to 2^31 - 1, got ${taskLabel}`,
      );
    }
    for (const wrong of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const x = Float32Array.of(0, 0, 0, wrong);
      expect(() => make({ x })).toThrow(`a, row 1: values must be finite float32 numbers, got ${wrong}`);
    }
  });
});

describe("relabelTasks()", () => {
  test("changes the task label alone, on the same arrays", () => {
    const dataset = Dataset.concat([makeDataset([1, 2]), makeDataset([3])]).subset([2, 0]);
    const relabelled = relabelTasks(dataset, 7);
    expect(relabelled.taskLabels).toEqual([7]);
    expect(Array.from(relabelled.targets)).toEqual([3, 1]);
    expect([...relabelled.sources.values()].map(({ x }) => x)).toEqual(
      [...dataset.dropUnusedSources().sources.values()].map(({ x }) => x),
    );
    expect([...relabelled.sources.keys()].some((id) => dataset.sources.has(id))).toBe(false);
  });
});

describe("restoreDataset()", () => {
  const parts = [makeDataset([0, 1], { name: "a" }), makeDataset([2, 3, 4], { name: "b" })];
  const sources = new Map(parts.flatMap((part) => [...part.sources.values()]).map((source) => [source.name, source]));

  test("gives back the samples in order, whatever the sources' ids are by then", () => {
    const saved = saveDataset(Dataset.concat(parts).subset([4, 0, 2]));
    expect(listSamples(restoreDataset(saved, sources))).toEqual(listSamples(Dataset.concat(parts).subset([4, 0, 2])));
    const others = new Map(
      ["a", "b"].flatMap((name) => [...makeDataset([9, 9, 9], { name }).sources.values()]).map((s) => [s.name, s]),
    );
    expect(Array.from(restoreDataset(saved, others).targets)).toEqual([9, 9, 9]);
    expect(saveDataset(parts[1] ?? Dataset.empty()).sourceNames).toEqual(["b"]);
  });

  test("refuses a source or a row that is not there", () => {
    const saved = saveDataset(Dataset.concat(parts));
    expect(() => restoreDataset({ ...saved, sourceNames: ["a", "c"] }, sources)).toThrow('one of the sources "a", "b"');
    const fewer = { ...saved, sourceIndices: saved.sourceIndices.slice(1) };
    expect(() => restoreDataset(fewer, sources)).toThrow("sourceIndices must be one a row of 5, got 4");
    expect(() => restoreDataset({ ...saved, rows: saved.rows.map((row) => row + 1) }, sources)).toThrow("got [0, 2]");
  });
});
