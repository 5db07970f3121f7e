import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { findNearestOtherClasses, stepTowardsTarget } from "../../../src/methods/rar/adversarial_samples.ts";
import { madeRows } from "../shared/made_features.ts";
import { createOutput, measureDifference, type Rows } from "../shared/slow_losses.ts";

const labels = fc.array(fc.nat(2), { minLength: 5, maxLength: 5 });

function take(rows: Rows, y: readonly number[]) {
  return { features: createOutput(rows), y: Int32Array.from(y.slice(0, rows.length)) };
}

describe("findNearestOtherClasses()", () => {
  test("is the class of the first of the nearest rows that are of another class", () => {
    fc.assert(
      fc.property(madeRows(1, 5), labels, madeRows(1, 5), labels, (rows, y, others, otherY) => {
        const wanted = rows.map((row, i) => {
          const ofOthers = others
            .map((other, j) => ({
              label: otherY[j] ?? -1,
              // Squares of eighths are exact: equal distances must be equal.
              square: row.reduce((sum, x, k) => sum + (x - (other[k] ?? 0)) ** 2, 0),
            }))
            .filter(({ label }) => label !== y[i]);
          return ofOthers.toSorted((a, b) => a.square - b.square)[0]?.label ?? -1;
        });
        expect([...findNearestOtherClasses(take(rows, y), take(others, otherY))]).toEqual(wanted);
      }),
    );
  });
});

describe("stepTowardsTarget()", () => {
  test("is a step of MI-FGSM, sample by sample", () => {
    const gradients = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(madeRows(1, 5), gradients, gradients, (rows, first, second) => {
        const x = createOutput(rows);
        const momentum = new Float32Array(x.data.length);
        const options = { x, momentum, decay: 0.5, stepSize: 0.25, range: [0.25, 2.5] } as const;
        let wanted = rows.map((row) => [...row]);
        let directions = rows.map((row) => row.map(() => 0));
        for (const values of [first, second]) {
          const gradient = Float32Array.from(values.slice(0, x.data.length));
          stepTowardsTarget({ ...options, gradient });
          directions = directions.map((row, i) => {
            const own = values.slice(3 * i, 3 * i + 3);
            const norm = own.reduce((sum, value) => sum + Math.abs(value), 0);
            // In single precision, as the momentum is kept: what comes to 0 there does so here.
            return row.map((g, k) => Math.fround(0.5 * g + (norm === 0 ? 0 : (own[k] ?? 0) / norm)));
          });
          wanted = wanted.map((row, i) =>
            row.map((value, k) => {
              const g = directions[i]?.[k] ?? 0;
              return g === 0 ? value : Math.min(2.5, Math.max(0.25, value - 0.25 * Math.sign(g)));
            }),
          );
          expect(measureDifference(momentum, directions.flat())).toBeLessThan(1e-6);
          expect([...x.data]).toEqual(wanted.flat());
        }
      }),
    );
  });
});
