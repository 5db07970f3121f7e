import { elementAt, valueAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { compareNaturally } from "../../core/natural_order.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { CLASS_FORM, describeTargetForm, type FloatTargets } from "../float_targets.ts";
import type { LabelTable } from "./label_table.ts";
import type { LabelledSamples, SampleTargets } from "./labelled_samples.ts";

/** Targets of a file or folder, and where they come from. */
type LocatedTargets = Pick<LabelledSamples, "path" | "labels" | "floatTargets">;

/** The one class of samples whose targets are numbers. */
export function labelByNothing(rows: number): LabelTable {
  return { names: ["0"], places: new Int32Array(rows) };
}

/** @throws {SyntaxRefusal} If `other` has targets of another kind, or other columns, than `first`. */
export function assertSameTargets(first: LocatedTargets, other: LocatedTargets): void {
  const describe = ({ floatTargets }: LocatedTargets) => {
    if (floatTargets?.isOpen) return "labels by name";
    const names = floatTargets?.names;
    return `${describeTargetForm(floatTargets ?? CLASS_FORM)}${names ? ` (${names.join(", ")})` : ""}`;
  };
  if (describe(first) === describe(other)) return;
  const wanted = `${describe(first)} as targets, as in ${JSON.stringify(first.path)}`;
  throw new SyntaxRefusal(`${other.path}: needs ${wanted}, got ${describe(other)} (targetKind says what arrays hold)`);
}

/** The targets of several files of one kind, one after another; undefined where they are class ids. */
export function joinTargets(parts: readonly LocatedTargets[]): SampleTargets | undefined {
  const [first] = parts;
  const form = first?.floatTargets;
  if (!form) return undefined;
  const settled = alignColumns(parts);
  const length = settled.reduce((sum, { data }) => sum + data.length, 0);
  const data = createSharedFloat32(length);
  let at = 0;
  for (const part of settled) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const { width, names } = elementAt(settled, 0);
  return { ...form, data, width, ...(names ? { names } : {}) };
}

/**
 * Gives all parts the same columns: those that they have, or all names that occurred anywhere, in natural order.
 * @param known The names that there are, where they are settled already.
 * @throws {RangeRefusal} If a label is none of those, or none occurred.
 */
export function settleColumns(parts: readonly LocatedTargets[], known?: readonly string[]): FloatTargets[] {
  const settled = alignColumns(parts, known);
  if (settled[0]?.width === 0) throw new RangeRefusal(`${parts[0]?.path}: must have a label in some row, got none`);
  return settled;
}

function alignColumns(parts: readonly LocatedTargets[], known?: readonly string[]): FloatTargets[] {
  const open = parts.some(({ floatTargets }) => floatTargets?.isOpen);
  const occurring = new Set(parts.flatMap(({ floatTargets }) => floatTargets?.names ?? []));
  const names = open ? (known ?? [...occurring].sort(compareNaturally)) : undefined;
  return parts.flatMap(({ path, labels, floatTargets }) => {
    if (!floatTargets) return [];
    const { kind } = floatTargets;
    if (!names) return [{ ...floatTargets, data: toShared(floatTargets.data) }];
    return [
      {
        kind,
        width: names.length,
        names,
        data: placeColumns(path, { ...floatTargets, names, own: floatTargets.names, rows: labels.places.length }),
      },
    ];
  });
}

interface PlacedColumns extends Pick<SampleTargets, "data" | "width"> {
  /** What the columns are to be. */
  readonly names: readonly string[];
  /** What they are. */
  readonly own: readonly string[] | undefined;
  readonly rows: number;
}

/** The same numbers with other columns; what has no column here is 0. */
function placeColumns(path: string, { data, width, names, own = [], rows }: PlacedColumns) {
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const astray = own.find((name) => !placeOf.has(name));
  if (astray !== undefined) {
    throw new RangeRefusal(`${path}: the label must be one of ${describeValue(names)}, got ${describeValue(astray)}`);
  }
  const placed = createSharedFloat32(rows * names.length);
  for (const [column, name] of own.entries()) {
    const place = valueAt(placeOf, name);
    for (let row = 0; row < rows; row++) placed[row * names.length + place] = data[row * width + column] ?? 0;
  }
  return placed;
}

function toShared(values: Float32Array): Float32Array<SharedArrayBuffer> {
  if (isShared(values)) return values;
  const shared = createSharedFloat32(values.length);
  shared.set(values);
  return shared;
}

function isShared(values: Float32Array): values is Float32Array<SharedArrayBuffer> {
  return values.buffer instanceof SharedArrayBuffer;
}
