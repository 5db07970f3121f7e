import { valueAt } from "../core/element_at.ts";
/**
 * Where each value occurs in `values`, values ascending and positions ascending: class ids to the positions of their
 * samples, say.
 */
export function groupPositions(values: Int32Array): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const groups = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([value, count]) => ({ value, list: new Int32Array(count) }));
  const byValue = new Map(groups.map(({ value, list }) => [value, { list, filled: 0 }]));
  for (const [position, value] of values.entries()) {
    const group = valueAt(byValue, value);
    group.list[group.filled] = position;
    group.filled += 1;
  }
  return new Map(groups.map(({ value, list }) => [value, list]));
}
