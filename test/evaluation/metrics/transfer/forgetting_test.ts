import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BackwardTransfer } from "../../../../src/evaluation/metrics/transfer/backward_transfer.ts";
import { Forgetting } from "../../../../src/evaluation/metrics/transfer/forgetting.ts";

const updates = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 3 }),
    value: fc.double({ min: 0, max: 1, noNaN: true }),
    initial: fc.boolean(),
  }),
);

describe("Forgetting", () => {
  test("result() is the latest initial minus the latest value, for keys that have both", () => {
    fc.assert(
      fc.property(updates, (entries) => {
        const forgetting = new Forgetting();
        for (const { key, value, initial } of entries) {
          if (initial) forgetting.updateInitial(key, value);
          else forgetting.updateLast(key, value);
        }
        for (const key of [0, 1, 2, 3]) {
          const initial = entries.findLast((entry) => entry.key === key && entry.initial);
          const last = entries.findLast((entry) => entry.key === key && !entry.initial);
          const expected = initial && last ? initial.value - last.value : undefined;
          expect(forgetting.resultOf(key)).toBe(expected);
          expect(forgetting.result().get(key)).toBe(expected);
        }
      }),
    );
  });

  test("resetLast() keeps what was learned first, and reset() does not", () => {
    const forgetting = new Forgetting();
    forgetting.updateInitial(0, 0.9);
    forgetting.updateLast(0, 0.5);
    forgetting.resetLast();
    expect(forgetting.result().size).toBe(0);
    forgetting.updateLast(0, 0.25);
    expect(forgetting.resultOf(0)).toBeCloseTo(0.65, 12);
    forgetting.reset();
    forgetting.updateLast(0, 0.25);
    expect(forgetting.resultOf(0)).toBeUndefined();
  });

  test("restore() goes on from save(), through JSON", () => {
    const forgetting = new Forgetting();
    forgetting.updateInitial(0, 0.75);
    forgetting.updateInitial(7, 0.5);
    forgetting.updateLast(0, 0.25);
    const other = new Forgetting();
    other.updateInitial(3, 1);
    other.updateLast(3, 1);
    other.restore(JSON.parse(JSON.stringify(forgetting.save())));
    expect([...other.result()]).toEqual([[0, 0.5]]);
    other.updateLast(7, 0.25);
    expect(other.resultOf(7)).toBe(0.25);
  });

  test("restore() throws TypeError and changes nothing, when the state is something else", () => {
    const forgetting = new Forgetting();
    forgetting.updateInitial(0, 0.75);
    expect(() => forgetting.restore({ initial: [], last: [["a", 1]] })).toThrow(TypeError);
    expect(() => forgetting.restore([])).toThrow("needs an object of saved values by name");
    forgetting.updateLast(0, 0.25);
    expect(forgetting.resultOf(0)).toBe(0.5);
  });
});

describe("BackwardTransfer", () => {
  test("result() is the negative of forgetting, and never -0", () => {
    fc.assert(
      fc.property(updates, (entries) => {
        const forgetting = new Forgetting();
        const transfer = new BackwardTransfer();
        for (const { key, value, initial } of entries) {
          for (const metric of [forgetting, transfer]) {
            if (initial) metric.updateInitial(key, value);
            else metric.updateLast(key, value);
          }
        }
        expect([...transfer.result().keys()]).toEqual([...forgetting.result().keys()]);
        for (const [key, value] of forgetting.result()) {
          expect(transfer.resultOf(key)).toBe(0 - value);
          expect(transfer.result().get(key)).toBe(0 - value);
        }
      }),
    );
  });

  test("restore() goes on from save(); resetLast() and reset() are those of forgetting", () => {
    const transfer = new BackwardTransfer();
    transfer.updateInitial(2, 0.25);
    const other = new BackwardTransfer();
    other.restore(JSON.parse(JSON.stringify(transfer.save())));
    other.updateLast(2, 0.75);
    expect(other.resultOf(2)).toBe(0.5);
    other.resetLast();
    expect(other.resultOf(2)).toBeUndefined();
    other.reset();
    other.updateLast(2, 0.75);
    expect(other.resultOf(2)).toBeUndefined();
  });
});
