import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Dataset } from "../../src/data/dataset.ts";
import { JoinedIndex, type SampleIndex } from "../../src/data/sample_index.ts";
import { listSamples, makeDataset } from "../support/made_dataset.ts";

/** A data set's references behind an index that counts how often all of them are collected. */
function createIndex({ references: { sourceIds, rows } }: Dataset): SampleIndex & { collected: number } {
  return {
    length: rows.length,
    collected: 0,
    sourceIdAt: (position) => sourceIds[position] ?? -1,
    rowAt: (position) => rows[position] ?? -1,
    collect() {
      this.collected += 1;
      return { sourceIds: sourceIds.slice(), rows: rows.slice() };
    },
  };
}

const lists = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

describe("Dataset of an index", () => {
  test("is the data set of its references", () => {
    fc.assert(
      fc.property(lists, fc.array(fc.nat(), { maxLength: 10 }), (labels, picks) => {
        const plain = labels.map((part, task) => makeDataset(part, { taskLabel: task }));
        const indexed = plain.map((dataset) => new Dataset(dataset.sources, createIndex(dataset)));
        const [wanted, found] = [Dataset.concat(plain), Dataset.concat(indexed)];
        const positions = picks.map((pick) => pick % wanted.length);
        expect(listSamples(found.subset(positions))).toEqual(listSamples(wanted.subset(positions)));
        expect(positions.map((p) => found.taskLabelAt(p))).toEqual(positions.map((p) => wanted.taskLabelAt(p)));
        expect(found.taskLabels).toEqual(wanted.taskLabels);
        expect(found.length).toBe(wanted.length);
        expect([...found.targets]).toEqual([...wanted.targets]);
        expect(found.references).toEqual(wanted.references);
        expect(listSamples(found.subset(positions))).toEqual(listSamples(wanted.subset(positions)));
        expect(listSamples(Dataset.concat([found, wanted]))).toEqual(listSamples(Dataset.concat([wanted, wanted])));
      }),
    );
  });

  test("looks up what it is asked for, and collects all but once", () => {
    const plain = makeDataset([1, 2, 3]);
    const index = createIndex(plain);
    const dataset = Dataset.concat([new Dataset(plain.sources, index)]);
    expect([dataset.length, dataset.taskLabels.length, dataset.subset([2]).length, dataset.taskLabelAt(1)]).toEqual([
      3, 1, 1, 0,
    ]);
    expect(dataset.dropUnusedSources()).toBe(dataset);
    expect(index.collected).toBe(0);
    expect(dataset.references).toBe(dataset.references);
    expect(index.collected).toBe(1);
  });

  test("refuses a position that is not there", () => {
    const plain = makeDataset([1, 2]);
    const dataset = new Dataset(plain.sources, createIndex(plain));
    for (const position of [2, -1, 0.5]) {
      expect(() => dataset.subset([position])).toThrow(`positions below 2, got ${position}`);
    }
    expect(() => dataset.taskLabelAt(2)).toThrow("a position below 2, got 2");
  });
});

describe("JoinedIndex", () => {
  test("passes over parts without samples", () => {
    const parts = [[], [7], [], [8, 9], []].map((labels) => createIndex(makeDataset(labels)));
    const joined = new JoinedIndex(parts);
    expect(joined.length).toBe(3);
    expect([0, 1, 2].map((position) => joined.rowAt(position))).toEqual([0, 0, 1]);
    const ids = [0, 1, 2].map((position) => joined.sourceIdAt(position));
    expect(ids).toEqual([...joined.collect().sourceIds]);
  });
});
