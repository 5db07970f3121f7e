import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { joinExperts } from "../../../src/methods/lae/join_experts.ts";

const logit = fc.float({ min: -30, max: 30, noNaN: true });

/** Two experts' rows of logits. */
const cases = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
  fc.record({
    shape: fc.constant([rows, columns]),
    first: fc.array(logit, { minLength: rows * columns, maxLength: rows * columns }),
    second: fc.array(logit, { minLength: rows * columns, maxLength: rows * columns }),
  }),
);

const toTensor = (data: readonly number[], shape: readonly number[]) => ({ data: Float32Array.from(data), shape });

/** exp(z) / Σ exp, of one row. */
function softmax(row: readonly number[]): number[] {
  const powers = row.map((z) => Math.exp(z));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

describe("joinExperts()", () => {
  test("gives each class the larger of its probabilities, as a logarithm", () => {
    fc.assert(
      fc.property(cases, ({ shape, first, second }) => {
        const [rows = 0, columns = 0] = shape;
        const joined = joinExperts(toTensor(first, shape), toTensor(second, shape));
        expect(joined.shape).toEqual(shape);
        for (let row = 0; row < rows; row++) {
          const [own, other] = [first, second].map((data) => softmax(data.slice(row * columns, (row + 1) * columns)));
          for (let column = 0; column < columns; column++) {
            const wanted = Math.log(Math.max(own?.[column] ?? 0, other?.[column] ?? 0));
            expect(Math.abs((joined.data[row * columns + column] ?? Number.NaN) - wanted)).toBeLessThan(2e-5);
          }
        }
      }),
    );
  });

  test("does not mind the order of the experts, or a number that is added to all logits of one", () => {
    fc.assert(
      fc.property(cases, ({ shape, first, second }) => {
        const joined = joinExperts(toTensor(first, shape), toTensor(second, shape));
        expect(joinExperts(toTensor(second, shape), toTensor(first, shape))).toEqual(joined);
        const raised = toTensor(
          first.map((z) => z + 8),
          shape,
        );
        for (const [i, value] of joinExperts(raised, toTensor(second, shape)).data.entries()) {
          expect(Math.abs(value - (joined.data[i] ?? Number.NaN))).toBeLessThan(2e-5);
        }
      }),
    );
  });

  test("refuses experts with different numbers of outputs", () => {
    expect(() => joinExperts(toTensor([1, 2], [1, 2]), toTensor([1], [1, 1]))).toThrow("Cannot join what experts say");
  });
});
