import { type HostTensor, matrixShape } from "../../../core/host_tensor.ts";
import { groupPositions } from "../../../data/group_positions.ts";
import { scoreRows } from "./feature_classifier.ts";

/** Recognises the classes of one task. */
export interface TaskScorer {
  /** The ids of the classes that it knows. */
  readonly classes: readonly number[];
  /** Scores [N, width] of features [N, F], or wider where it knows of more classes. The caller owns the result. */
  score(features: HostTensor, width: number): HostTensor;
}

/** How wide scores are at least, and the samples' task labels [N]. */
export interface TaskRows {
  readonly width: number;
  readonly taskLabels: Int32Array;
}

/**
 * Scores [N, width] of features [N, F]: each row is compared with the classes of its own task, as tasks may share class
 * ids. A row of a task without a scorer is compared with the classes of all tasks, and a class gets the best of its
 * scores. Where there is but one task, all rows are compared with its classes. The caller owns the result.
 * @param scorers By task label.
 */
export function scoreByTask(
  features: HostTensor,
  { width, taskLabels }: TaskRows,
  scorers: ReadonlyMap<number, TaskScorer>,
): HostTensor {
  const [only, ...others] = scorers.values();
  if (only && others.length === 0) return only.score(features, width);
  const ids = [...scorers.values()].flatMap(({ classes }) => classes);
  const columns = Math.max(width, ...ids.map((id) => id + 1));
  const result = new Float32Array(taskLabels.length * columns);
  for (const [task, positions] of groupPositions(taskLabels)) {
    const rows = takeRows(features, positions);
    const { data } = scorers.get(task)?.score(rows, columns) ?? scoreByBest(rows, columns, [...scorers.values()]);
    for (const [row, position] of positions.entries()) {
      result.set(data.subarray(row * columns, (row + 1) * columns), position * columns);
    }
  }
  return { data: result, shape: [taskLabels.length, columns] };
}

function scoreByBest(features: HostTensor, columns: number, scorers: readonly TaskScorer[]): HostTensor {
  const ids = [...new Set(scorers.flatMap(({ classes }) => classes))];
  const parts = scorers.map((scorer) => ({ classes: new Set(scorer.classes), ...scorer.score(features, columns) }));
  return scoreRows(features, { width: columns, ids }, (_, scores, row) => {
    for (const [k, id] of ids.entries()) {
      const own = parts.filter(({ classes }) => classes.has(id));
      scores[k] = Math.max(...own.map(({ data }) => data[row * columns + id] ?? 0));
    }
  });
}

function takeRows({ data, shape }: HostTensor, positions: Int32Array): HostTensor {
  const [, width] = matrixShape(shape);
  const rows = new Float32Array(positions.length * width);
  for (const [row, position] of positions.entries()) {
    rows.set(data.subarray(position * width, (position + 1) * width), row * width);
  }
  return { data: rows, shape: [positions.length, width] };
}
