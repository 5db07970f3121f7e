import { valueAt } from "../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { parseSavedList, parseSavedRecord, type SavedState } from "../core/saved_state.ts";
import type { DataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";

/** A data set as a checkpoint keeps it: sources by name, since ids hold for one process only. */
export interface SavedDataset {
  readonly sourceNames: readonly string[];
  /** For every sample its source's place in `sourceNames`. */
  readonly sourceIndices: Int32Array;
  readonly rows: Int32Array;
}

/** Writes down which samples a data set views; no sample is copied. */
export function saveDataset(dataset: Dataset): SavedDataset {
  const { sources, references } = dataset.dropUnusedSources();
  const indexOf = new Map([...sources.keys()].map((id, index) => [id, index]));
  return {
    sourceNames: [...sources.values()].map(({ name }) => name),
    sourceIndices: references.sourceIds.map((id) => valueAt(indexOf, id)),
    rows: references.rows.slice(),
  };
}

/**
 * The data set that was saved, on sources found by name.
 * @throws {RangeError} If a source or a row is not there.
 */
export function restoreDataset(saved: SavedDataset, sources: ReadonlyMap<string, DataSource>): Dataset {
  const { length } = saved.rows;
  if (saved.sourceIndices.length !== length) {
    throw new RangeRefusal(`sourceIndices must be one a row of ${length}, got ${saved.sourceIndices.length}`);
  }
  const found = saved.sourceNames.map((name) => {
    const source = sources.get(name);
    if (source) return source;
    const known = [...sources.keys()].map((key) => JSON.stringify(key)).join(", ");
    throw new RangeRefusal(needs("the saved data set", `one of the sources ${known}`, name));
  });
  const sourceIds = Int32Array.from(saved.sourceIndices, (index, i) => {
    const source = found[index];
    const row = saved.rows[i] ?? -1;
    if (source && row >= 0 && row < source.y.length) return source.id;
    throw new RangeRefusal(needs("the saved data set", `rows of ${saved.sourceNames.join(", ")}`, [index, row]));
  });
  return new Dataset(new Map(found.map((source) => [source.id, source])), { sourceIds, rows: saved.rows.slice() });
}

/** @throws {TypeError} If this is not what `saveDataset` gave. */
export function parseSavedDataset(saved: SavedState | undefined): SavedDataset {
  const act = "the saved state of a data set";
  const { sourceNames, sourceIndices, rows } = parseSavedRecord(act, saved);
  if (!(sourceIndices instanceof Int32Array && rows instanceof Int32Array)) {
    throw new TypeRefusal(needs(act, "int32 indices and rows", rows));
  }
  return { sourceNames: parseSavedList(act, sourceNames).map(String), sourceIndices, rows };
}
