import { elementAt } from "../core/element_at.ts";
import { groupPositions } from "./group_positions.ts";

/** Class ids [N] with task labels [N]: a class is its id and its task, as tasks may share ids. */
export interface LabelledRows {
  readonly targets: Int32Array;
  readonly targetsTaskLabels: Int32Array;
}

/** The samples of one class of one task. */
export interface TaskClass {
  readonly task: number;
  readonly id: number;
  /** Ascending. */
  readonly positions: Int32Array;
}

/** The classes that occur, and where: tasks ascending, and class ids ascending within each. */
export function groupTaskClasses({ targets, targetsTaskLabels }: LabelledRows): TaskClass[] {
  return [...groupPositions(targetsTaskLabels)].flatMap(([task, rows]) => {
    const ids = rows.map((row) => elementAt(targets, row));
    return [...groupPositions(ids)].map(([id, places]) => {
      return { task, id, positions: places.map((place) => elementAt(rows, place)) };
    });
  });
}

/**
 * A label [N] for each row that two rows share if they are of one class and one task: the class ids themselves where
 * there is one task. The caller must not write to it.
 */
export function distinguishTaskClasses(rows: LabelledRows): Int32Array {
  const { targets, targetsTaskLabels } = rows;
  if (targetsTaskLabels.every((task) => task === targetsTaskLabels[0])) return targets;
  const labels = new Int32Array(targets.length);
  for (const [label, { positions }] of groupTaskClasses(rows).entries()) {
    for (const position of positions) labels[position] = label;
  }
  return labels;
}
