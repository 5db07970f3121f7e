/**
 * Which places of a table [tasks, units] are units of a head, row by row: 1 for those, 0 for columns that the head of
 * that task has not. `units` is the widest head's width. The caller owns the result.
 */
export function tabulateHeadUnits(headUnits: readonly number[]): Float32Array<ArrayBuffer> {
  const units = Math.max(0, ...headUnits);
  const table = new Float32Array(headUnits.length * units);
  for (const [task, width] of headUnits.entries()) table.fill(1, task * units, task * units + width);
  return table;
}
