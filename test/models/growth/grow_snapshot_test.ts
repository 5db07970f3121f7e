import { describe, expect, test } from "bun:test";
import { growSnapshot } from "../../../src/models/growth/grow_snapshot.ts";
import { growHead, listGrowingHeads } from "../../../src/models/growth/growing_head.ts";
import { createModelFromSnapshot, flattenWeights, type ModelSnapshot } from "../../../src/models/model_snapshot.ts";
import type { SimpleMLPOptions } from "../../../src/models/options.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";

const SMALL = { inputShape: [3], hiddenSize: 4, dropRate: 0 } as const;

function snapshotOf(options: SimpleMLPOptions): ModelSnapshot {
  const model = simpleMLP({ ...SMALL, ...options });
  const snapshot = flattenWeights(model);
  model.dispose();
  return snapshot;
}

function grow(snapshot: ModelSnapshot, classes: readonly (readonly [number, readonly number[]])[], seed = 1) {
  const heads = listGrowingHeads(snapshot.topology).map((head) => growHead(head, new Map(classes)));
  return growSnapshot(snapshot, { heads, seed });
}

/** What a snapshot's vectors hold of a tensor. */
function read({ layout, stateLayout, parameters, state }: ModelSnapshot, name: string): number[] {
  const isState = name.endsWith("active");
  const entry = (isState ? stateLayout : layout).entries.find((candidate) => candidate.name === name);
  if (!entry) throw new Error(`There is no ${name}`);
  return [...(isState ? state : parameters).subarray(entry.offset, entry.offset + entry.size)];
}

describe("growSnapshot()", () => {
  for (const options of [{ incremental: true }, { multiHead: true }]) {
    const kind = Object.keys(options)[0];

    test(`gives layouts and topology that agree, when the head is ${kind}`, async () => {
      const grown = grow(snapshotOf(options), [[2, [4]]]);
      const model = await createModelFromSnapshot(grown);
      const built = flattenWeights(model);
      model.dispose();
      expect(built.layout).toEqual(grown.layout);
      expect(built.stateLayout).toEqual(grown.stateLayout);
      expect(built.parameters).toEqual(grown.parameters);
    });

    test(`draws new values within ±1/√in from the seed alone, when the head is ${kind}`, () => {
      const [a, b, c] = [1, 1, 2].map((seed) => grow(snapshotOf(options), [[1, [5]]], seed));
      expect(a?.parameters).toEqual(b?.parameters ?? new Float32Array());
      expect(a?.parameters).not.toEqual(c?.parameters ?? new Float32Array());
      for (const value of read(a ?? snapshotOf(options), "classifier/kernel")) {
        expect(Math.abs(value)).toBeLessThanOrEqual(0.5);
        expect(value).not.toBe(0);
      }
    });

    test(`returns equal vectors, when the head is ${kind} and wide enough`, () => {
      const before = snapshotOf(options);
      expect(growSnapshot(before, { heads: listGrowingHeads(before.topology), seed: 1 })).toEqual(before);
    });

    test(`gives a unit the same values whenever it comes, when the head is ${kind}`, () => {
      const once = grow(snapshotOf(options), [
        [0, [3]],
        [2, [6]],
      ]);
      const bySteps = grow(grow(grow(snapshotOf(options), [[0, [3]]]), [[1, [4]]]), [[2, [6]]]);
      expect(bySteps.parameters).toEqual(once.parameters);
    });
  }

  test("keeps kernel, bias and active of old units in their columns, when units are added", () => {
    const before = snapshotOf({ incremental: true });
    before.state.set([1, 0]);
    const after = grow(before, [[0, [4]]]);
    const keep = (values: number[]) => values.filter((_, i) => i % 5 < 2);
    expect(keep(read(after, "classifier/kernel"))).toEqual(read(before, "classifier/kernel"));
    expect(keep(read(after, "classifier/bias"))).toEqual(read(before, "classifier/bias"));
    expect(read(after, "classifier/active")).toEqual([1, 0, 0, 0, 0]);
    expect(read(after, "fc0/kernel")).toEqual(read(before, "fc0/kernel"));
  });

  test("refuses a head that no vector can hold, before it makes one", () => {
    const snapshot = snapshotOf({ incremental: true });
    const heads = listGrowingHeads(snapshot.topology).map((head) =>
      head.kind === "incremental" ? { ...head, units: 2 ** 28 } : head,
    );
    // A kernel of four features, the biases and what is active; the layer below has 16.
    expect(() => growSnapshot(snapshot, { heads, seed: 1 })).toThrow(`got ${6 * 2 ** 28 + 16}: freeze a part of it`);
  });
});
