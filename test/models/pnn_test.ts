import { describe, expect, test } from "bun:test";
import { growSnapshot } from "../../src/models/growth/grow_snapshot.ts";
import { growHead, listGrowingHeads } from "../../src/models/growth/growing_head.ts";
import { createModelFromSnapshot, flattenWeights, type ModelSnapshot } from "../../src/models/model_snapshot.ts";
import type { PNNOptions } from "../../src/models/options.ts";
import { pnn } from "../../src/models/pnn.ts";

const SMALL = { inputShape: [3], hiddenLayers: 2, hiddenSize: 4 } as const;

function snapshotOf(options: PNNOptions = {}): ModelSnapshot {
  const model = pnn({ ...SMALL, ...options });
  const snapshot = flattenWeights(model);
  model.dispose();
  return snapshot;
}

function grow(snapshot: ModelSnapshot, task: number, classes: readonly number[], isTraining = true): ModelSnapshot {
  const heads = listGrowingHeads(snapshot.topology).map((head) =>
    growHead(head, new Map([[task, classes]]), { isTraining }),
  );
  return growSnapshot(snapshot, { heads, seed: 1 });
}

/** What a snapshot's vectors hold, by name. */
function read({ layout, stateLayout, parameters, state }: ModelSnapshot): Map<string, number[]> {
  const of = (entries: typeof layout.entries, vector: Float32Array) =>
    entries.map(({ name, offset, size }) => [name, [...vector.subarray(offset, offset + size)]] as [string, number[]]);
  return new Map([...of(layout.entries, parameters), ...of(stateLayout.entries, state)]);
}

describe("pnn()", () => {
  test("begins with one column, as Avalanche's does: 784-100 and a head", () => {
    const { layout, stateLayout } = flattenWeights(pnn());
    expect(layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ["columns/c0/l0/kernel", [784, 100]],
      ["columns/c0/l0/bias", [100]],
      ["columns/c0/l1/kernel", [100, 2]],
      ["columns/c0/l1/bias", [2]],
    ]);
    expect(stateLayout.entries.map(({ name, shape }) => [name, shape])).toEqual([["columns/active", [1, 2]]]);
  });

  test("draws weights within ±1/√in, the same from the same seed", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => snapshotOf({ seed }));
    expect(a?.parameters).toEqual(b?.parameters ?? new Float32Array());
    expect(a?.parameters).not.toEqual(c?.parameters ?? new Float32Array());
    const bias = read(a ?? snapshotOf()).get("columns/c0/l0/bias") ?? [];
    expect(bias.every((value) => Math.abs(value) <= 1 / Math.sqrt(3) && value !== 0)).toBe(true);
  });

  test("refuses options out of range", () => {
    expect(() => pnn({ hiddenLayers: 0 })).toThrow("hiddenLayers");
    expect(() => pnn({ hiddenSize: 0 })).toThrow("hiddenSize");
    expect(() => pnn({ inputShape: [] })).toThrow("inputShape");
    expect(() => pnn({ initialUnits: 0 })).toThrow("initialUnits");
    expect(() => pnn({ seed: -1 })).toThrow("seed");
    expect(() => pnn({ compatibility: "avalance" as "paper" })).toThrow(
      'pnn: compatibility must be "paper" or "avalanche", got "avalance"',
    );
  });
});

describe("growSnapshot() of a progressive network", () => {
  for (const options of [{ adapter: "linear" }, { adapter: "mlp" }, { compatibility: "avalanche" }] as const) {
    test(`adds a column, freezes the others, and agrees with its topology: ${JSON.stringify(options)}`, async () => {
      const before = grow(grow(snapshotOf(options), 3, [0]), 5, [1]);
      const after = grow(before, 1, [4]);
      const model = await createModelFromSnapshot(after);
      const { topology: _, ...built } = flattenWeights(model);
      model.dispose();
      const { topology: __, ...made } = after;
      expect(built).toEqual(made);
      expect(after.layout.entries.every(({ name }) => name.startsWith("columns/c2/"))).toBe(true);
      const [old, now] = [read(before), read(after)];
      for (const name of [...old.keys()].filter((name) => /\/l[01]\//.test(name)))
        expect(now.get(name)).toEqual(old.get(name));
      // The output has three more columns, of zeros where it is frozen.
      const wider = now.get("columns/c1/l2/kernel") ?? [];
      expect(wider.filter((_, i) => i % 5 < 2)).toEqual(old.get("columns/c1/l2/kernel") ?? []);
      expect(wider.filter((_, i) => i % 5 >= 2).every((value) => value === 0)).toBe(true);
      expect((now.get("columns/c2/l2/kernel") ?? []).includes(0)).toBe(false);
      expect((now.get("columns/active") ?? []).length).toBe(3 * 5);
    });
  }

  test("draws the factors of earlier columns small, from N(0, 0.01)", () => {
    let snapshot = grow(snapshotOf({ adapter: "mlp" }), 0, [0]);
    for (let task = 1; task < 30; task++) snapshot = grow(snapshot, task, [0]);
    const alpha = read(snapshot).get("columns/c29/l1/alpha") ?? [];
    expect(alpha.length).toBe(29);
    const deviation = Math.sqrt(alpha.reduce((sum, value) => sum + value ** 2, 0) / alpha.length);
    expect(deviation).toBeGreaterThan(0.05);
    expect(deviation).toBeLessThan(0.2);
  });

  test("takes the first task into the column that is there, and adds none in evaluation", () => {
    const first = grow(snapshotOf(), 7, [0, 1]);
    expect(listGrowingHeads(first.topology)).toEqual([{ kind: "progressive", layer: "columns", units: 2, tasks: [7] }]);
    expect(read(first)).toEqual(read(snapshotOf()));
    const evaluated = grow(first, 8, [3], false);
    expect(listGrowingHeads(evaluated.topology)).toMatchObject([{ units: 4, tasks: [7] }]);
    expect(evaluated.layout.entries.map(({ name }) => name)).toEqual(first.layout.entries.map(({ name }) => name));
  });
});
