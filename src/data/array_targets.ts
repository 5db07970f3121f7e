import { describeValue, RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { copyToSharedInt32, createSharedFloat32, createSharedInt32 } from "../core/shared/shared_memory.ts";
import type { DataSource } from "./data_source.ts";
import type { FloatTargets } from "./float_targets.ts";

/** Numbers of N samples: N rows of T, or all of them in one array [N, T]; N numbers are T = 1. */
export type TargetRows = ArrayLike<number> | readonly ArrayLike<number>[];

/** The targets of samples in arrays: one of the three. */
export interface ArrayTargets {
  /** Labels [N], whole numbers of int32; copied. What class ids they become, the benchmark says. */
  readonly y?: ArrayLike<number> | undefined;
  /** Regression: finite numbers [N, T] that the model's T outputs are to meet; copied. */
  readonly values?: TargetRows | undefined;
  /** Several labels a sample: [N, T] of 0 and 1, one column a label; copied. */
  readonly labels?: TargetRows | undefined;
  /** What the columns of `values` or `labels` are [T]. Default: they have no names. */
  readonly targetNames?: readonly string[] | undefined;
}

/**
 * Targets in shared memory.
 * @param rows Samples.
 * @throws {TypeError} If not one of `y`, `values` and `labels` is given, or labels are BigInts.
 * @throws {RangeError} If rows differ in length, or a label is no whole number of int32.
 */
export function shareTargets(
  name: string,
  { y, values, labels, targetNames }: ArrayTargets,
  rows: number,
): Pick<DataSource, "y" | "floatTargets"> {
  const given = Object.entries({ y, values, labels }).filter(([, targets]) => targets !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none" : given.map(([option]) => option).join(" and ");
    throw new TypeRefusal(`${name}: one of y, values and labels must be given as targets, got ${got}`);
  }
  const numbers = values ?? labels;
  if (y && targetNames) throw new TypeRefusal(`${name}: targetNames is for values or labels, got it with y`);
  if (!numbers) return { y: copyLabels(name, y ?? []) };
  const kind = values ? "values" : "labels";
  const table = shareRows(name, numbers, rows);
  return {
    y: createSharedInt32(rows),
    floatTargets: { kind, ...table, ...(targetNames ? { names: targetNames } : {}) },
  };
}

/** @throws {RangeRefusal} If rows differ in length. What numbers there are, the data source checks. */
function shareRows(name: string, given: TargetRows, rows: number): Pick<FloatTargets, "data" | "width"> {
  const isFlat = ArrayBuffer.isView(given) || typeof given[0] === "number";
  const width = isFlat ? Math.max(1, Math.floor(given.length / rows)) : (rowAt(given, 0)?.length ?? 1);
  const data = createSharedFloat32(isFlat ? given.length : given.length * width);
  for (let i = 0; i < given.length; i++) {
    const row = rowAt(given, i);
    if (isFlat ? typeof given[i] !== "number" : row?.length !== width) {
      const wanted = isFlat ? "a number" : `a row of ${width} numbers`;
      throw new RangeRefusal(`${name}, row ${i}: targets must be ${wanted}, got ${describeValue(given[i])}`);
    }
    data.set(row ?? [], isFlat ? i : i * width);
  }
  return { data, width };
}

/** A number is a row of one. */
function rowAt(given: TargetRows, index: number): ArrayLike<number> | undefined {
  const row = given[index];
  return typeof row === "number" ? [row] : row;
}

/** Labels of int32, which would take NaN for 0 and 1.7 for 1. */
function copyLabels(name: string, y: ArrayLike<number | bigint>): Int32Array<SharedArrayBuffer> {
  if (!areNumbers(y)) {
    throw new TypeRefusal(`${name}: labels must be numbers, got BigInts; convert them with Int32Array.from(y, Number)`);
  }
  const labels = copyToSharedInt32(y);
  const astray = labels.findIndex((label, i) => label !== y[i]);
  if (astray < 0) return labels;
  throw new RangeRefusal(`${name}, row ${astray}: the label must be a whole number of int32, got ${y[astray]}`);
}

function areNumbers(y: ArrayLike<number | bigint>): y is ArrayLike<number> {
  return typeof y[0] !== "bigint";
}
