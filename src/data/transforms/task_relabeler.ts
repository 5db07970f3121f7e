import { findOrCreate } from "../../core/find_or_create.ts";
import { createDataSource, type DataSource } from "../data_source.ts";
import { Dataset } from "../dataset.ts";

/**
 * Shows samples under other task labels, again and again: a source is copied once for each label, on the same arrays,
 * so that replicas learn of it once.
 */
export class TaskRelabeler {
  readonly #copies = new Map<number, Map<number, DataSource>>();

  /** The same samples, in the same order, under this task label. */
  relabel(dataset: Dataset, taskLabel: number): Dataset {
    const { sources, references } = dataset.dropUnusedSources();
    const used = new Map<number, DataSource>();
    const newIds = new Map<number, number>();
    for (const source of sources.values()) {
      const copy = this.#copy(source, taskLabel);
      used.set(copy.id, copy);
      newIds.set(source.id, copy.id);
    }
    const sourceIds = references.sourceIds.map((id) => newIds.get(id) ?? id);
    return new Dataset(used, { sourceIds, rows: references.rows });
  }

  #copy(source: DataSource, taskLabel: number): DataSource {
    if (source.taskLabel === taskLabel) return source;
    const copies = findOrCreate(this.#copies, source.id, () => new Map<number, DataSource>());
    return findOrCreate(copies, taskLabel, () => {
      return createDataSource({ ...source, name: `${source.name}, as task ${taskLabel}`, taskLabel });
    });
  }
}
