import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Accuracy } from "../../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { countCorrect, findLargest } from "../../../../src/evaluation/metrics/predictions.ts";
import { computeSlowAccuracy } from "../../slow_measures.ts";

const logit = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(Number.NEGATIVE_INFINITY, -1000, 1e30));
const minibatches = fc.integer({ min: 1, max: 4 }).chain((classes) => {
  const sample = fc.tuple(
    fc.array(logit.map(Math.fround), { minLength: classes, maxLength: classes }),
    fc.integer({ min: 0, max: classes - 1 }),
  );
  return fc.array(fc.array(sample, { maxLength: 6 }), { minLength: 1, maxLength: 5 });
});

function toTensor(rows: readonly (readonly number[])[], classes: number) {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, classes] };
}

describe("Accuracy", () => {
  test("result() equals a count sample by sample, whatever the minibatches", () => {
    fc.assert(
      fc.property(minibatches, (batches) => {
        const classes = batches.flat()[0]?.[0].length ?? 1;
        const accuracy = new Accuracy();
        const seen = batches.map((batch) => ({ logits: batch.map(([row]) => row), y: batch.map(([, y]) => y) }));
        for (const { logits, y } of seen) accuracy.update(toTensor(logits, classes), Int32Array.from(y));
        expect(accuracy.total).toBe(seen.reduce((sum, { y }) => sum + y.length, 0));
        expect(accuracy.result()).toBe(accuracy.total === 0 ? 0 : computeSlowAccuracy(seen));
      }),
    );
  });

  test("reset() forgets everything", () => {
    const accuracy = new Accuracy();
    accuracy.update(toTensor([[1, 0]], 2), Int32Array.of(0));
    accuracy.reset();
    expect([accuracy.result(), accuracy.total]).toEqual([0, 0]);
  });

  test("restore() goes on from save(), through JSON", () => {
    const accuracy = new Accuracy();
    accuracy.update(toTensor([[1, 0]], 2), Int32Array.of(0));
    const other = new Accuracy();
    other.restore(JSON.parse(JSON.stringify(accuracy.save())));
    other.update(toTensor([[1, 0]], 2), Int32Array.of(1));
    expect([other.result(), other.total]).toEqual([0.5, 2]);
  });
});

describe("findLargest()", () => {
  test("gives the lowest position, when several values are largest", () => {
    expect(findLargest(Float32Array.of(9, 1, 4, 4), 1, 4)).toBe(2);
    expect(findLargest(new Float32Array(3).fill(Number.NEGATIVE_INFINITY), 0, 3)).toBe(0);
  });

  test("gives -1, when a value is NaN at any place", () => {
    for (const position of [0, 1, 2]) {
      const values = Float32Array.of(1, 2, 3);
      values[position] = Number.NaN;
      expect(findLargest(values, 0, 3)).toBe(-1);
    }
  });
});

describe("countCorrect()", () => {
  test("counts rows with NaN as wrong", () => {
    const logits = { data: new Float32Array(4).fill(Number.NaN), shape: [2, 2] };
    expect(countCorrect(logits, Int32Array.of(0, 1))).toBe(0);
  });

  test("counts a class beyond the outputs as wrong, not as the first class of the next row", () => {
    const logits = { data: Float32Array.of(0, 0, 7, 0), shape: [2, 2] };
    expect(countCorrect(logits, Int32Array.of(2, 1))).toBe(0);
  });

  test("throws RangeError, when there is not one row a label or the logits are no matrix", () => {
    const logits = { data: new Float32Array(4), shape: [2, 2] };
    expect(() => countCorrect(logits, new Int32Array(3))).toThrow("needs logits of shape [3, classes], got [2, 2]");
    expect(() => countCorrect({ ...logits, shape: [4] }, new Int32Array(4))).toThrow(RangeError);
  });
});
