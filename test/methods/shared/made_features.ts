import fc from "fast-check";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import type { FeaturesByClass } from "../../../src/methods/shared/classifiers/feature_classifier.ts";
import { createOutput, type Rows } from "./slow_losses.ts";

const value = fc.integer({ min: 1, max: 24 }).map((number) => number / 8);

/** Rows of three positive features. */
export function madeRows(minLength: number, maxLength: number): fc.Arbitrary<Rows> {
  return fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength, maxLength });
}

/** Two to four classes of one to six samples, and one to four rows to recognise. */
export const madeClasses = fc.record({
  classes: fc.array(madeRows(1, 6), { minLength: 2, maxLength: 4 }),
  rows: madeRows(1, 4),
});

/** The classes by id: 0, 2, 4 … */
export function byClass(classes: readonly Rows[]): FeaturesByClass {
  return new Map(classes.map((rows, i) => [2 * i, createOutput(rows)]));
}

/** The mean of each column. */
export function averageSlowly(rows: Rows): number[] {
  return (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length);
}

/** The vector at length 1. */
export function scaleSlowly(row: readonly number[]): number[] {
  return row.map((x) => x / Math.hypot(...row));
}

/** One row of a tensor. */
export function readRow({ data, shape }: HostTensor, row: number): number[] {
  const [, columns = 0] = shape;
  return Array.from(data.slice(row * columns, (row + 1) * columns));
}
