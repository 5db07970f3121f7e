import { createDataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";

/** The same samples under another task label: new sources, named after it, on the same arrays. */
export function relabelTasks(dataset: Dataset, taskLabel: number): Dataset {
  const copies = [...dataset.dropUnusedSources().sources.values()].map((source) => ({
    id: source.id,
    copy: createDataSource({ ...source, name: `${source.name}, task ${taskLabel}`, taskLabel }),
  }));
  const newIds = new Map(copies.map(({ id, copy }) => [id, copy.id]));
  const { sourceIds, rows } = dataset.references;
  return new Dataset(new Map(copies.map(({ copy }) => [copy.id, copy])), {
    sourceIds: sourceIds.map((id) => newIds.get(id) ?? id),
    rows,
  });
}
