import { elementAt } from "../core/element_at.ts";
import { findOrCreate } from "../core/find_or_create.ts";
import { countElements } from "../core/host_tensor.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import {
  copyToSharedFloat32,
  copyToSharedInt32,
  createSharedFloat32,
  createSharedUint8,
} from "../core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "./data_source.ts";
import type { FloatTargets } from "./float_targets.ts";
import { copyStoredRow } from "./store/stored_source.ts";
import type { Transform } from "./transforms/transform.ts";

/** Samples of a data source with what is needed to make it again, as plain data: those that saved data sets view. */
export interface KeptSource extends Pick<DataSource, "name" | "sampleShape" | "taskLabel" | "transforms"> {
  readonly rawShape?: DataSource["rawShape"];
  /** [rows, 2] */
  readonly imageSizes?: Int32Array | undefined;
  readonly imageTransforms?: DataSource["imageTransforms"];
  readonly augmentation?: DataSource["augmentation"];
  /** Targets that are numbers, in place of class ids. */
  readonly floatTargets?: (Omit<FloatTargets, "data"> & { readonly data: Float32Array }) | undefined;
  /** [rows, …sampleShape], in the type they have. */
  readonly x: Uint8Array | Float32Array;
  /** Class ids [rows]. */
  readonly y: Int32Array;
  /** As which rows they are augmented [rows]. */
  readonly rowNumbers: Int32Array;
}

/** Sources without those rows that no data set views. */
export class SampleKeeper {
  readonly #sources = new Map<number, { readonly source: DataSource; readonly name: string }>();
  /** For each source its rows that are kept, in order, with their new places. */
  readonly #places = new Map<number, Map<number, number>>();
  readonly #names = new Set<string>();

  /** The name under which a source is kept; sources may have one name here, but not in a file. */
  nameSource(source: DataSource): string {
    return findOrCreate(this.#sources, source.id, () => {
      let name = source.name;
      for (let copy = 2; this.#names.has(name); copy++) name = `${source.name} (${copy})`;
      this.#names.add(name);
      return { source, name };
    }).name;
  }

  /** The place of a row among those that are kept of its source. */
  placeRow(sourceId: number, row: number): number {
    const places = findOrCreate(this.#places, sourceId, () => new Map<number, number>());
    return findOrCreate(places, row, () => places.size);
  }

  /** Copies of all samples that were asked for. The caller owns them. */
  collect(): KeptSource[] {
    return [...this.#sources.values()].map(({ source, name }) => {
      const rows = [...(this.#places.get(source.id)?.keys() ?? [])];
      return { ...keepRows(source, rows), name };
    });
  }
}

/** Copies of these rows of a source, in this order; they are augmented as the rows that they were. */
function keepRows(source: DataSource, rows: readonly number[]): KeptSource {
  const size = countElements(source.rawShape ?? source.sampleShape);
  const x = source.x instanceof Uint8Array ? new Uint8Array(rows.length * size) : new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) {
    const kept = x.subarray(i * size, (i + 1) * size);
    if (source.stored) copyStoredRow(source.stored, row, kept);
    else kept.set(source.x.subarray(row * size, (row + 1) * size));
  }
  return { ...keepAround(source, rows), x };
}

/**
 * A source of these rows of another, in this order. Their samples are copied, or shared where they are decoded on
 * demand.
 */
export function selectRows(
  source: DataSource,
  rows: readonly number[],
  names: Pick<DataSource, "name" | "taskLabel">,
): DataSource {
  const { stored } = source;
  if (!stored) return restoreSource({ ...keepRows(source, rows), ...names });
  const own = { ...stored, places: copyToSharedInt32(rows.map((row) => elementAt(stored.places, row))) };
  return shareSource({ ...keepAround(source, rows), ...names, x: source.x, stored: own });
}

/** All but the samples of these rows. */
function keepAround(source: DataSource, rows: readonly number[]): Omit<KeptSource, "x"> {
  const { name, sampleShape, taskLabel, transforms, augmentation, floatTargets } = source;
  const sizes = source.imageSizes;
  const imageSizes = sizes && Int32Array.from(rows.flatMap((row) => [...sizes.subarray(2 * row, 2 * row + 2)]));
  const images = omitUndefined({ rawShape: source.rawShape, imageSizes, imageTransforms: source.imageTransforms });
  const y = Int32Array.from(rows, (row) => elementAt(source.y, row));
  const rowNumbers = Int32Array.from(rows, (row) => source.rowNumbers?.[row] ?? row);
  const targets = floatTargets && { floatTargets: copyTargets(floatTargets, rows) };
  return { name, sampleShape, taskLabel, transforms, augmentation, y, rowNumbers, ...images, ...targets };
}

/** Where data sets that are being saved leave their samples; saving is one synchronous walk through the state. */
let keeper: SampleKeeper | undefined;

/** Who keeps the samples of the data sets that are being saved; undefined where only their places are saved. */
export function currentKeeper(): SampleKeeper | undefined {
  return keeper;
}

/** Has the data sets within what `save` saves refer to copies of their samples, which a file then holds, too. */
export function keepSamples<Saved>(save: () => Saved): { readonly saved: Saved; readonly sources: KeptSource[] } {
  const outer = keeper;
  const own = new SampleKeeper();
  keeper = own;
  try {
    return { saved: save(), sources: own.collect() };
  } finally {
    keeper = outer;
  }
}

/**
 * The sources that were kept, in shared memory, by name: what saved data sets are restored from.
 * @throws {RangeError} If one does not fit together.
 */
export function restoreSources(kept: readonly KeptSource[]): Map<string, DataSource> {
  return new Map(kept.map((source) => [source.name, restoreSource(source)]));
}

/** The targets of these rows alone. */
function copyTargets({ kind, data: values, width, names }: FloatTargets, rows: readonly number[]) {
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(values.subarray(row * width, (row + 1) * width), i * width);
  return { kind, data, width, ...(names ? { names } : {}) };
}

/**
 * A source of samples that were kept, in shared memory.
 * @throws {RangeError} If its parts do not fit together.
 */
function restoreSource(kept: KeptSource): DataSource {
  const values = kept.x;
  const x = values instanceof Uint8Array ? createSharedUint8(values.length) : createSharedFloat32(values.length);
  x.set(values);
  return shareSource({ ...kept, x });
}

/** A source of what was kept, with samples that are in shared memory. */
function shareSource(kept: Omit<KeptSource, "x"> & Pick<DataSource, "x" | "stored">): DataSource {
  const { y, rowNumbers, imageSizes, floatTargets, transforms, augmentation, ...rest } = kept;
  return createDataSource({
    ...rest,
    ...(augmentation ? { augmentation } : {}),
    ...(imageSizes ? { imageSizes: copyToSharedInt32(imageSizes) } : {}),
    ...(floatTargets ? { floatTargets: { ...floatTargets, data: copyToSharedFloat32(floatTargets.data) } } : {}),
    y: copyToSharedInt32(y),
    rowNumbers: copyToSharedInt32(rowNumbers),
    transforms: transforms.map(shareTransform),
  });
}

function shareTransform(transform: Transform): Transform {
  return transform.kind === "permute" ? { ...transform, order: copyToSharedInt32(transform.order) } : transform;
}
