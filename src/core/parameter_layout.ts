import { needs, RangeRefusal } from "./errors/errors.ts";
import { countElements } from "./host_tensor.ts";

/** One named tensor inside a flat float32 vector. `offset` and `size` count elements. */
export interface ParameterEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Where every tensor of a model lies in its flat vector [P]. */
export interface ParameterLayout {
  readonly entries: readonly ParameterEntry[];
  /** P, the length of the vector. */
  readonly size: number;
}

/** Lays tensors one after another, in the order given. */
export function createParameterLayout(tensors: readonly { name: string; shape: readonly number[] }[]): ParameterLayout {
  const entries: ParameterEntry[] = [];
  let offset = 0;
  for (const { name, shape } of tensors) {
    const size = countElements(shape);
    entries.push({ name, shape, offset, size });
    offset += size;
  }
  return { entries, size: offset };
}

/** @throws {RangeError} If the layout has no tensor of that name. */
export function findEntry(layout: ParameterLayout, name: string): ParameterEntry {
  const entry = layout.entries.find((candidate) => candidate.name === name);
  if (!entry) {
    const names = layout.entries.map((candidate) => candidate.name).join(", ");
    throw new RangeRefusal(needs("the layout", `one of ${names}`, name));
  }
  return entry;
}

/** The part of `vector` [P] that holds `entry`: a view, not a copy. */
export function viewEntry<Buffer extends ArrayBufferLike>(
  vector: Float32Array<Buffer>,
  entry: ParameterEntry,
): Float32Array<Buffer> {
  return vector.subarray(entry.offset, entry.offset + entry.size);
}
