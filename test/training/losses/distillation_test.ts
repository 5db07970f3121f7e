import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addDistillation } from "../../../src/training/losses/distillation.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

const softmax = (values: readonly number[]) => {
  const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / total);
};

/** weight · mean over rows of Σ q ln(q/p), written out. */
function distillSlowly(
  student: Rows,
  teacher: Rows,
  { columns, temperature, weight }: { columns: readonly number[]; temperature: number; weight: number },
): number {
  const losses = student.map((row, i) => {
    const p = softmax(columns.map((c) => (row[c] ?? 0) / temperature));
    const q = softmax(columns.map((c) => (teacher[i]?.[c] ?? 0) / temperature));
    return q.reduce((sum, target, c) => sum + target * Math.log(target / (p[c] ?? 1)), 0);
  });
  return (weight * losses.reduce((sum, loss) => sum + loss, 0)) / student.length;
}

const rowsOf = (width: number) =>
  fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: width, maxLength: width });

describe("addDistillation()", () => {
  test("is the slow divergence, and adds its central differences, on any columns at any temperature", () => {
    const cases = fc.record({
      student: fc.array(rowsOf(5), { minLength: 1, maxLength: 4 }),
      teacher: fc.array(rowsOf(5), { minLength: 4, maxLength: 4 }),
      columns: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
      temperature: fc.double({ min: 0.5, max: 5, noNaN: true }),
      weight: fc.double({ min: 0, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ student, teacher, ...options }) => {
        const dOutput = new Float32Array(student.length * 5).fill(0.25);
        const old = createOutput(teacher.slice(0, student.length));
        const loss = addDistillation(createOutput(student), old, { ...options, dOutput });
        const slow = (rows: Rows) => distillSlowly(rows, teacher, options);
        expect(Math.abs(loss - slow(student))).toBeLessThan(1e-5);
        const wanted = differentiateSlowly(slow, student).map((gradient) => gradient + 0.25);
        expect(measureDifference(dOutput, wanted)).toBeLessThan(1e-4);
      }),
      { numRuns: 50 },
    );
  });

  test("is the mean over the rows chosen, and leaves the others alone", () => {
    const student = [
      [1, 2],
      [3, -1],
      [0, 5],
    ];
    const teacher = [
      [0, 0],
      [1, 1],
      [2, 0],
    ];
    const dOutput = new Float32Array(6);
    const options = { columns: [0, 1], temperature: 2, weight: 1 };
    const rows = { start: 1, end: 3 };
    const loss = addDistillation(createOutput(student), createOutput(teacher), { ...options, rows, dOutput });
    expect(loss).toBeCloseTo(distillSlowly(student.slice(1), teacher.slice(1), options), 5);
    expect([...dOutput.slice(0, 2)]).toEqual([0, 0]);
    expect(Math.min(...dOutput.slice(2).map(Math.abs))).toBeGreaterThan(0.01);
  });

  test("stays finite for logits of any size", () => {
    const dOutput = new Float32Array(2);
    const options = { columns: [0, 1], temperature: 1, weight: 1, dOutput };
    const loss = addDistillation(createOutput([[1000, -1000]]), createOutput([[-1000, 1000]]), options);
    expect(loss).toBeCloseTo(2000, 3);
    expect([...dOutput]).toEqual([1, -1]);
  });
});
