import fc from "fast-check";
import type { HostTensor } from "../../../src/core/host_tensor.ts";

/** A minibatch as rows, and as metrics get it. */
export interface MadeBatch {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly tasks: readonly number[];
  readonly logits: HostTensor;
  readonly y: Int32Array;
  readonly taskLabels: Int32Array;
}

/** The number of classes of made minibatches. */
export const MADE_CLASSES = 4;

const sample = fc.record({
  // Few values, so that equal logits are frequent; NaN now and then.
  row: fc.array(fc.oneof({ weight: 12, arbitrary: fc.integer({ min: -2, max: 2 }) }, fc.constant(Number.NaN)), {
    minLength: MADE_CLASSES,
    maxLength: MADE_CLASSES,
  }),
  label: fc.nat(MADE_CLASSES - 1),
  task: fc.nat(1),
});

const batch = fc.array(sample, { maxLength: 6 }).map(
  (samples): MadeBatch =>
    makeBatch(
      samples.map(({ row }) => row),
      samples.map(({ label }) => label),
      samples.map(({ task }) => task),
    ),
);

/** Several minibatches; some are empty. */
export const madeBatches = fc.array(batch, { maxLength: 5 });

/** A minibatch of these rows of logits and labels. */
export function makeBatch(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  tasks: readonly number[] = labels.map(() => 0),
): MadeBatch {
  const logits = { data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0]?.length ?? MADE_CLASSES] };
  return { rows, labels, tasks, logits, y: Int32Array.from(labels), taskLabels: Int32Array.from(tasks) };
}

/** The samples of all minibatches, one by one. */
export function listSamples(batches: readonly MadeBatch[]): { row: readonly number[]; label: number; task: number }[] {
  return batches.flatMap(({ rows, labels, tasks }) =>
    rows.map((row, i) => ({ row, label: labels[i] ?? 0, task: tasks[i] ?? 0 })),
  );
}

/** The class that a row is largest at, the first of equals; undefined where it holds NaN. */
export function predictSlowly(row: readonly number[]): number | undefined {
  return row.some(Number.isNaN) ? undefined : row.indexOf(Math.max(...row));
}

/** The share of `values` for which `test` holds; 0 of none. */
export function shareOf<Value>(values: readonly Value[], test: (value: Value) => boolean): number {
  return values.length === 0 ? 0 : values.filter(test).length / values.length;
}
