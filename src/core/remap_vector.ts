import { elementAt } from "./element_at.ts";
import { needs, RangeRefusal } from "./errors/errors.ts";
import { type ParameterEntry, type ParameterLayout, viewEntry } from "./parameter_layout.ts";

/** What lies where before and after some tensors grew. */
export interface LayoutChange {
  readonly from: ParameterLayout;
  readonly to: ParameterLayout;
  /** Tensors of `from` that are trained no more: `to` has no place for them. */
  readonly frozen?: ReadonlySet<string>;
}

/** A model's layouts of parameters and of state. */
interface Layouts {
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
}

/** How a model's parameters changed places; those that became state are frozen. */
export function compareParameters(before: Layouts, after: Layouts): LayoutChange {
  const state = new Set(after.stateLayout.entries.map(({ name }) => name));
  const frozen = new Set(before.layout.entries.map(({ name }) => name).filter((name) => state.has(name)));
  return { from: before.layout, to: after.layout, ...(frozen.size > 0 ? { frozen } : {}) };
}

/**
 * Moves a vector laid out by `from` to where its tensors lie in `to`, by name. A tensor that grew keeps its values at
 * the low indices of each axis; what nothing falls on keeps the value it has in `into`. Frozen tensors are left out.
 * @param vector [from.size], borrowed; may lie in shared memory.
 * @param change.into [to.size]. Default: zeros.
 * @returns `into`.
 * @throws {RangeError} If a vector has another length, or a tensor is missing from `to`, has another rank there or
 * shrank.
 */
export function remapVector(vector: Float32Array, change: LayoutChange): Float32Array<ArrayBuffer>;
export function remapVector<Buffer extends ArrayBufferLike>(
  vector: Float32Array,
  change: LayoutChange & { readonly into: Float32Array<Buffer> },
): Float32Array<Buffer>;
export function remapVector(
  vector: Float32Array,
  change: LayoutChange & { readonly into?: Float32Array },
): Float32Array {
  const { from, to, frozen } = change;
  const into = change.into ?? new Float32Array(to.size);
  assertLength(vector, from.size);
  assertLength(into, to.size);
  const targets = new Map(to.entries.map((entry) => [entry.name, entry]));
  for (const entry of from.entries) {
    const target = targets.get(entry.name);
    if (frozen?.has(entry.name)) continue;
    if (!target) throw new RangeRefusal(needs("the new layout", `a place for ${entry.name}`, [...targets.keys()]));
    assertHolds(target, entry);
    copyBlock(viewEntry(vector, entry), entry.shape, { into: viewEntry(into, target), shape: target.shape });
  }
  return into;
}

function assertLength(vector: Float32Array, length: number): void {
  if (vector.length !== length) throw new RangeRefusal(needs("the new layout", `${length} values`, vector.length));
}

function assertHolds(target: ParameterEntry, { name, shape }: ParameterEntry): void {
  const holds =
    target.shape.length === shape.length && shape.every((length, axis) => length <= elementAt(target.shape, axis));
  if (!holds) throw new RangeRefusal(needs(`${name}`, `a shape that holds [${shape}]`, target.shape));
}

/** Copies a row-major block into the corner of one that is at least as long on every axis, run by run. */
function copyBlock(
  values: Float32Array,
  shape: readonly number[],
  target: { readonly into: Float32Array; readonly shape: readonly number[] },
): void {
  const run = shape.at(-1) ?? 1;
  if (shape.every((length, axis) => length === target.shape[axis])) {
    target.into.set(values);
    return;
  }
  for (let start = 0; start < values.length; start += run) {
    let place = 0;
    let stride = 1;
    let rest = start;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = elementAt(shape, axis);
      place += (rest % length) * stride;
      rest = Math.floor(rest / length);
      stride *= elementAt(target.shape, axis);
    }
    target.into.set(values.subarray(start, start + run), place);
  }
}
