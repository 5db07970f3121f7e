import type { DataSource } from "../data_source.ts";
import { Dataset } from "../dataset.ts";

/**
 * The same samples, in the same order, on other sources with the same rows.
 * @param replace Is asked once for each source that samples come from.
 */
export function replaceSources(dataset: Dataset, replace: (source: DataSource) => DataSource): Dataset {
  const { sources, references } = dataset.dropUnusedSources();
  const replaced = new Map([...sources.values()].map((source) => [source.id, replace(source)]));
  const sourceIds = references.sourceIds.map((id) => replaced.get(id)?.id ?? id);
  return new Dataset(new Map([...replaced.values()].map((source) => [source.id, source])), {
    sourceIds,
    rows: references.rows,
  });
}
