import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addCrossEntropy } from "../../../src/training/losses/partial_cross_entropy.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

/** Outputs, the rows that count, and classes that compete beside the targets. */
const cases = fc.tuple(madeOutputs, fc.nat(5), fc.nat(5), fc.array(fc.nat(4)), fc.constantFrom(1, 0.5, 3));

describe("addCrossEntropy()", () => {
  test("is the mean over some rows of −ln softmax over some classes, with its gradient", () => {
    fc.assert(
      fc.property(cases, ([{ rows, y }, from, to, others, weight]) => {
        const [start, end] = [Math.min(from, to, rows.length), Math.min(Math.max(from, to), rows.length)];
        const width = rows[0]?.length ?? 0;
        const columns = new Set([...y, ...others.filter((column) => column < width)]);
        const slow = (given: Rows) => {
          const losses = given.slice(start, end).map((row, i) => {
            const total = [...columns].reduce((sum, column) => sum + Math.exp(row[column] ?? 0), 0);
            return -Math.log(Math.exp(row[y[start + i] ?? 0] ?? 0) / total);
          });
          return losses.length === 0 ? 0 : (weight * losses.reduce((sum, loss) => sum + loss, 0)) / losses.length;
        };
        // What was there stays.
        const dOutput = new Float32Array(rows.length * width).fill(1);
        const part = { rows: { start, end }, columns, weight, dOutput };
        const loss = addCrossEntropy(createOutput(rows), Int32Array.from(y), part);
        expect(Math.abs(loss - slow(rows))).toBeLessThan(1e-5);
        const wanted = differentiateSlowly(slow, rows).map((value) => 1 + value);
        expect(measureDifference(dOutput, wanted)).toBeLessThan(1e-4);
      }),
    );
  });

  test("is about all rows and classes, unless told otherwise, and refuses targets that do not compete", () => {
    const output = createOutput([
      [0, 0],
      [0, 0],
    ]);
    const dOutput = new Float32Array(4);
    expect(addCrossEntropy(output, Int32Array.of(0, 1), { dOutput })).toBeCloseTo(Math.log(2), 6);
    expect([...dOutput]).toEqual([-0.25, 0.25, 0.25, -0.25]);
    expect(() => addCrossEntropy(output, Int32Array.of(0, 2), { dOutput })).toThrow("a class id among 0, 1, got 2");
    const columns = new Set([1]);
    expect(() => addCrossEntropy(output, Int32Array.of(0, 1), { columns, dOutput })).toThrow("among 1, got 0");
  });
});
