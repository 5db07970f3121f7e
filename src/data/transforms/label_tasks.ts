import { describeValue, needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { DataSource } from "../data_source.ts";
import { createDataSource } from "../data_source.ts";
import { Dataset } from "../dataset.ts";
import { groupPositions } from "../group_positions.ts";
import { selectRows } from "../kept_samples.ts";

/** More tasks than this are a column of something else. */
const MAX_TASKS = 10_000;

/** The largest label, which int32 holds. */
const MAX_TASK_LABEL = 0x7fffffff;

/** What a label must be, in words. */
export const TASK_LABEL_WORDS = "the task label must be a whole number from 0 to 2^31 - 1";

/** Tells a task label from any other value. */
export function isTaskLabel(label: unknown): boolean {
  return typeof label === "number" && Number.isInteger(label) && label >= 0 && label <= MAX_TASK_LABEL;
}

/**
 * The rows of a source in their order, each with a task label of its own: a source of its rows for each label, as a
 * source has one label for all of its rows. They are named after the label: "train, task 3".
 * @param labels Whole numbers of at least 0 [rows].
 * @throws {RangeRefusal} If there is not one a row, one is no such number, or there are more than 10,000 tasks.
 */
export function labelTasks(source: DataSource, labels: ArrayLike<number>): Dataset {
  const { name } = source;
  const tasks = readTaskLabels(labels, { subject: name, rows: source.y.length });
  const groups = groupPositions(tasks);
  if (groups.size > MAX_TASKS) {
    throw new RangeRefusal(`${name}: there must be at most ${MAX_TASKS} tasks, got ${groups.size} different labels`);
  }
  const [first] = groups.keys();
  if (first !== undefined && groups.size === 1) {
    return Dataset.fromSource(createDataSource({ ...source, taskLabel: first }));
  }
  const sourceIds = new Int32Array(tasks.length);
  const rows = new Int32Array(tasks.length);
  const sources = new Map<number, DataSource>();
  for (const [taskLabel, positions] of groups) {
    const own = selectRows(source, [...positions], { name: `${name}, task ${taskLabel}`, taskLabel });
    sources.set(own.id, own);
    for (const [row, position] of positions.entries()) {
      sourceIds[position] = own.id;
      rows[position] = row;
    }
  }
  return new Dataset(sources, { sourceIds, rows });
}

/**
 * Task labels as int32.
 * @throws {RangeRefusal} If there is not one a row, or one is no whole number of at least 0; the message names the row.
 */
function readTaskLabels(
  labels: ArrayLike<number>,
  { subject, rows }: { readonly subject: string; readonly rows: number },
): Int32Array {
  if (labels.length !== rows)
    throw new RangeRefusal(needs(subject, `${rows} task labels, one a sample`, labels.length));
  const list = Array.from(labels);
  const astray = list.findIndex((label) => !isTaskLabel(label));
  if (astray < 0) return Int32Array.from(list);
  throw new RangeRefusal(`${subject}, row ${astray}: ${TASK_LABEL_WORDS}, got ${describeValue(list[astray])}`);
}
