import { elementAt } from "../../core/element_at.ts";
import type { Transform } from "./transform.ts";

/** What scale, normalize and permute do to a byte, worked out beforehand for all 256 values. */
export interface Lookup {
  /** [channels, 256]. */
  readonly tables: Float32Array;
  readonly channels: number;
  /** Output i reads input order[i]; undefined when nothing is permuted. */
  readonly order: Int32Array | undefined;
}

/**
 * Folds transforms into tables and one permutation. Undefined when they mix pixels (rotate), or permute values whose
 * channel a normalisation has already used.
 */
export function createLookup(transforms: readonly Transform[]): Lookup | undefined {
  let tables: Float64Array[] = [Float64Array.from({ length: 256 }, (_, value) => value)];
  let order: Int32Array | undefined;
  for (const transform of transforms) {
    switch (transform.kind) {
      case "scale":
        tables = tables.map((table) => table.map((value) => value * transform.factor + transform.offset));
        break;
      case "normalize":
        tables = normalizeTables(tables, transform);
        break;
      case "permute":
        if (tables.length > 1) return undefined;
        order = composeOrders(order, transform.order);
        break;
      case "rotate":
        return undefined;
    }
  }
  const flat = new Float32Array(tables.length * 256);
  for (const [channel, table] of tables.entries()) flat.set(table, channel * 256);
  return { tables: flat, channels: tables.length, order };
}

function normalizeTables(
  tables: readonly Float64Array[],
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Float64Array[] {
  // One table or one mean serves every channel of the other.
  const channels = Math.max(tables.length, mean.length);
  return Array.from({ length: channels }, (_, channel) => {
    const table = elementAt(tables, channel % tables.length);
    const center = elementAt(mean, channel % mean.length);
    const spread = elementAt(std, channel % std.length);
    return Float64Array.from(table, (value) => (value - center) / spread);
  });
}

/** First `first`, then `second`: output i reads first[second[i]]. */
function composeOrders(first: Int32Array | undefined, second: Int32Array): Int32Array {
  return first ? second.map((position) => elementAt(first, position)) : second;
}
