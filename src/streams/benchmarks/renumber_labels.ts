import { elementAt } from "../../core/element_at.ts";
import { createSharedInt32 } from "../../core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "../../data/data_source.ts";
import type { Dataset } from "../../data/dataset.ts";
import { areClassIds, nameByIds } from "../../data/readers/class_names.ts";
import { replaceSources } from "../../data/transforms/replace_sources.ts";

/** Task labels below this stay as they are: a head that no task uses costs little. */
const KEPT_TASK_LABELS = 100;

/** The class id of rows that no data set uses. */
const UNUSED = -1;

/** Data sets whose class ids are 0 … n − 1, and what they were before. */
export interface NumberedDatasets {
  readonly datasets: readonly Dataset[];
  /** The label of each class id. */
  readonly classNames: readonly string[];
}

/**
 * Class ids of one's own are names, not sizes: the labels that occur become the class ids 0, 1, 2 … in ascending order.
 * @param numClasses Where it is given, labels are class ids already and stay as they are.
 */
export function numberDatasets(datasets: readonly Dataset[], numClasses: number | undefined): NumberedDatasets {
  if (numClasses !== undefined) return { datasets, classNames: nameByIds(numClasses) };
  const labels = sortNumbers(datasets.flatMap(({ targets }) => [...new Set(targets)]));
  const classNames = labels.map(String);
  if (areClassIds(classNames)) return { datasets, classNames };
  const idOf = new Map(labels.map((label, id) => [label, id]));
  return { datasets: renumberClasses(datasets, idOf), classNames };
}

/** The same samples under other class ids. Data sets that share a source go on sharing it. */
export function renumberClasses(datasets: readonly Dataset[], idOf: ReadonlyMap<number, number>): Dataset[] {
  const renumber = cacheBySource((source) => {
    const y = createSharedInt32(source.y.length);
    // A row that no data set uses may have a label that does not occur.
    for (let row = 0; row < y.length; row++) y[row] = idOf.get(elementAt(source.y, row)) ?? UNUSED;
    return createDataSource({ ...source, y });
  });
  return datasets.map((dataset) => replaceSources(dataset, renumber));
}

/** Data sets whose task labels are places in `taskNames`. */
export interface NumberedTasks {
  readonly datasets: readonly Dataset[];
  /** What each task label was before; undefined where none changed. */
  readonly taskNames: readonly string[] | undefined;
}

/**
 * Models have a head for each task label up to the largest. Where one is 100 or more and some below it are not there,
 * the labels that occur become 0, 1, 2 … in ascending order.
 */
export function numberTasks(datasets: readonly Dataset[]): NumberedTasks {
  const sources = datasets.flatMap((dataset) => [...dataset.sources.values()]);
  if (sources.every(({ taskLabel }) => taskLabel < KEPT_TASK_LABELS)) return { datasets, taskNames: undefined };
  const labels = sortNumbers(datasets.flatMap(({ taskLabels }) => taskLabels));
  const largest = labels.at(-1) ?? 0;
  if (largest < KEPT_TASK_LABELS || largest === labels.length - 1) return { datasets, taskNames: undefined };
  const renumber = cacheBySource((source) => {
    const taskLabel = labels.indexOf(source.taskLabel);
    return taskLabel === source.taskLabel ? source : createDataSource({ ...source, taskLabel });
  });
  return { datasets: datasets.map((dataset) => replaceSources(dataset, renumber)), taskNames: labels.map(String) };
}

/** Sources are made once, so that data sets which share one go on sharing it. */
function cacheBySource(make: (source: DataSource) => DataSource): (source: DataSource) => DataSource {
  const made = new Map<number, DataSource>();
  return (source) => {
    const known = made.get(source.id) ?? make(source);
    made.set(source.id, known);
    return known;
  };
}

function sortNumbers(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
