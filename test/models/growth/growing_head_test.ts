import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type ClassesByTask,
  type GrowingHead,
  growHead,
  growTopology,
  listGrowingHeads,
  listUnits,
  shapeHead,
} from "../../../src/models/growth/growing_head.ts";

const incremental: GrowingHead = { kind: "incremental", layer: "head", units: 2 };
const multiHead: GrowingHead = { kind: "multi-head", layer: "head", headUnits: [2, 0, 3] };

const classes = fc
  .array(fc.tuple(fc.nat(4), fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 4 })), { maxLength: 3 })
  .map((entries): ClassesByTask => new Map(entries));

const heads: fc.Arbitrary<GrowingHead> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((units): GrowingHead => ({ kind: "incremental", layer: "head", units })),
  fc
    .array(fc.nat(6), { maxLength: 4 })
    .map((headUnits): GrowingHead => ({ kind: "multi-head", layer: "head", headUnits: [1, ...headUnits] })),
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.uniqueArray(fc.nat(4)))
    .map(([units, tasks]): GrowingHead => ({ kind: "progressive", layer: "head", units, tasks })),
);

describe("growHead()", () => {
  test("makes an incremental head as wide as the largest class id + 1, over all tasks", () => {
    const wider = growHead(
      incremental,
      new Map([
        [0, [1]],
        [5, [4, 3]],
      ]),
    );
    expect(wider).toEqual({ kind: "incremental", layer: "head", units: 5 });
  });

  test("makes each task's head as wide as that task needs, and gaps where labels are left out", () => {
    const wider = growHead(
      multiHead,
      new Map([
        [0, [5]],
        [2, [1]],
        [5, [0]],
      ]),
    );
    expect(wider).toEqual({ kind: "multi-head", layer: "head", headUnits: [6, 0, 3, 0, 0, 1] });
  });

  test("adds a column for a task that is trained and has none, and widens all of them in evaluation", () => {
    const head: GrowingHead = { kind: "progressive", layer: "head", units: 2, tasks: [3] };
    const grow = (task: number, id: number, isTraining = true) =>
      growHead(head, new Map([[task, [id]]]), { isTraining });
    expect(grow(5, 3)).toEqual({ ...head, units: 4, tasks: [3, 5] });
    expect(grow(5, 3, false)).toEqual({ ...head, units: 4 });
    expect(grow(3, 1)).toBe(head);
    const older = () => growHead({ ...head, tasks: [3, 5] }, new Map([[3, [0]]]), { isTraining: true });
    expect(older).toThrow("needs a new task or that of the newest column, 5, as older columns are frozen, got 3");
    const several = new Map([
      [3, [0]],
      [4, [1]],
    ]);
    expect(() => growHead(head, several, { isTraining: true })).toThrow("one task label each");
    expect(growHead(head, several)).toBe(head);
  });

  test("never shrinks, grows once, and returns the head itself where it is wide enough", () => {
    fc.assert(
      fc.property(heads, classes, (head, wanted) => {
        const wider = growHead(head, wanted);
        shapeHead(head).forEach((length, axis) => {
          expect(shapeHead(wider)[axis]).toBeGreaterThanOrEqual(length);
        });
        expect(growHead(wider, wanted)).toBe(wider);
        expect(growHead(head, new Map())).toBe(head);
      }),
    );
  });
});

describe("listUnits()", () => {
  test("gives every class a place of its own within the grown head, by task", () => {
    fc.assert(
      fc.property(heads, classes, (head, wanted) => {
        const wider = growHead(head, wanted);
        const size = shapeHead(wider).reduce((product, length) => product * length, 1);
        for (const place of listUnits(wider, wanted)) expect(place >= 0 && place < size).toBe(true);
      }),
    );
    expect(listUnits(incremental, new Map([[3, [1, 0]]]))).toEqual([1, 0]);
    expect(
      listUnits(
        multiHead,
        new Map([
          [0, [1]],
          [2, [0, 2]],
        ]),
      ),
    ).toEqual([1, 6, 8]);
  });
});

describe("growTopology()", () => {
  const head = { class_name: "IncrementalClassifier", config: { name: "head", units: 2, masking: true } };
  const inner = { class_name: "Sequential", config: { name: "inner", layers: [head] } };
  const dense = { class_name: "Dense", config: { name: "other", units: 2 } };
  const labels = { class_name: "MultiHeadClassifier", config: { name: "tasks", head_units: [2] } };
  const topology = { class_name: "Sequential", config: { name: "outer", layers: [dense, inner, labels] } };

  test("changes the heads' widths and nothing else, when heads stand within models", () => {
    const before = JSON.stringify(topology);
    const found = listGrowingHeads(topology);
    expect(found).toEqual([
      { kind: "incremental", layer: "head", units: 2 },
      { kind: "multi-head", layer: "tasks", headUnits: [2] },
    ]);
    const wanted = found.map((one) => growHead(one, new Map([[1, [6]]])));
    const grown = growTopology(topology, wanted);
    expect(listGrowingHeads(grown)).toEqual(wanted);
    expect(JSON.stringify(grown)).toBe(
      before.replace('"units":2,"masking"', '"units":7,"masking"').replace('"head_units":[2]', '"head_units":[2,7]'),
    );
    expect(JSON.stringify(topology)).toBe(before);
  });

  test("leaves layers of other classes alone, when they have a head's name", () => {
    expect(growTopology(topology, [{ kind: "incremental", layer: "other", units: 9 }])).toEqual(topology);
  });
});
