import { elementAt, valueAt } from "../core/element_at.ts";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { converted, type Field, int32Vector, list, record, text } from "../core/state/state.ts";
import type { DataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";
import { currentKeeper } from "./kept_samples.ts";

/** A data set as a checkpoint keeps it: sources by name, since ids hold for one process only. */
export interface SavedDataset {
  readonly sourceNames: string[];
  /** For every sample its source's place in `sourceNames`. */
  readonly sourceIndices: Int32Array<ArrayBuffer>;
  readonly rows: Int32Array<ArrayBuffer>;
}

/** Writes down which samples a data set views; no sample is copied, unless `keepSamples` asks for it. */
export function saveDataset(dataset: Dataset): SavedDataset {
  const { sources, references } = dataset.dropUnusedSources();
  const indexOf = new Map([...sources.keys()].map((id, index) => [id, index]));
  const keeper = currentKeeper();
  const { sourceIds, rows } = references;
  return {
    sourceNames: [...sources.values()].map((source) => keeper?.nameSource(source) ?? source.name),
    sourceIndices: sourceIds.map((id) => valueAt(indexOf, id)),
    rows: keeper ? rows.map((row, i) => keeper.placeRow(elementAt(sourceIds, i), row)) : rows.slice(),
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

/** What samples need to be found again. */
export interface SourcesByName {
  readonly sources: ReadonlyMap<string, DataSource>;
}

/** A field that holds a data set, empty at first: which samples of which sources it views. No sample is saved. */
export function datasetField(): Field<Dataset, SourcesByName> {
  return converted(record({ sourceNames: list(text()), sourceIndices: int32Vector(), rows: int32Vector() }), {
    create: () => Dataset.empty(),
    save: saveDataset,
    restore: (saved, { sources }: SourcesByName) => restoreDataset(saved, sources),
  });
}
