import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createOutputMatching } from "../../../src/methods/der/output_matching.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

const number = fc.integer({ min: -40, max: 40 }).map((value) => value / 8);
/** Three outputs a row, and two or three remembered ones, some of which are missing. */
const cases = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 3 })).chain(([rows, width]) =>
  fc.record({
    rows: fc.array(fc.array(number, { minLength: 3, maxLength: 3 }), { minLength: rows, maxLength: rows }),
    remembered: fc.array(fc.array(fc.oneof(number, fc.constant(Number.NaN)), { minLength: width, maxLength: width }), {
      minLength: rows,
      maxLength: rows,
    }),
  }),
);

/** Mean of the squared differences of what is remembered. */
function matchSlowly(rows: Rows, remembered: Rows): number {
  const squares = remembered.flatMap((row, i) =>
    row.flatMap((value, j) => (Number.isNaN(value) ? [] : [((rows[i]?.[j] ?? 0) - value) ** 2])),
  );
  return squares.length === 0 ? 0 : squares.reduce((sum, value) => sum + value, 0) / squares.length;
}

describe("createOutputMatching()", () => {
  test("is the mean squared difference of what is remembered, with its gradient", () => {
    fc.assert(
      fc.property(cases, ({ rows, remembered }) => {
        const criterion = createOutputMatching(createOutput(remembered), 3);
        const made = criterion.evaluate(createOutput(rows), new Int32Array(rows.length));
        if (made instanceof Promise) throw new Error("it need not wait");
        expect(Math.abs(made.loss - matchSlowly(rows, remembered))).toBeLessThan(1e-5);
        const wanted = differentiateSlowly((nudged) => matchSlowly(nudged, remembered), rows);
        expect(measureDifference(made.dOutput, wanted)).toBeLessThan(1e-4);
      }),
    );
  });

  test("is computed in the replicas' graph where all of it is remembered, and only there", () => {
    fc.assert(
      fc.property(cases, ({ remembered }) => {
        const criterion = createOutputMatching(createOutput(remembered), 3);
        const isComplete = remembered.every((row) => row.length === 3 && !row.some(Number.isNaN));
        expect(criterion.createObjective !== undefined).toBe(isComplete);
        if (!criterion.createObjective) return;
        const { kind, write } = criterion.createObjective(new Int32Array(remembered.length), 3);
        const [targets, weights] = [new Float32Array(3 * remembered.length), new Float32Array(remembered.length)];
        write(targets, weights);
        expect(kind).toBe("mse");
        expect([...targets]).toEqual(remembered.flat());
        expect(
          measureDifference(
            weights,
            remembered.map(() => 1 / remembered.length),
          ),
        ).toBeLessThan(1e-7);
      }),
    );
  });
});
