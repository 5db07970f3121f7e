import type { DataSource } from "../data_source.ts";

/** Where it is noted that the values of rows are not wanted, for sources that are decoded on demand. */
const noted = new WeakMap<DataSource, Int32Array>();

/**
 * Says that rows of a source need not be decoded ahead of need: something that was computed from them is known. They
 * are decoded all the same when they are asked for.
 * @param places Above 0 for such rows [rows]; may change.
 */
export function noteNeedlessRows(source: DataSource, places: Int32Array): void {
  // Training wants others of these.
  if (source.stored && !source.augmentation && !source.imageTransforms) noted.set(source, places);
}

/** Whether a row need not be decoded ahead of need. */
export function isNeedless(source: DataSource, row: number): boolean {
  return (noted.get(source)?.[row] ?? 0) > 0;
}
