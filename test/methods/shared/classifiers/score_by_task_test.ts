import { describe, expect, test } from "bun:test";
import { scoreRows } from "../../../../src/methods/shared/classifiers/feature_classifier.ts";
import { scoreByTask, type TaskScorer } from "../../../../src/methods/shared/classifiers/score_by_task.ts";
import { createOutput } from "../slow_losses.ts";

/** Scores a class by the row's only feature times the class's factor. */
function createScorer(factors: ReadonlyMap<number, number>): TaskScorer {
  const classes = [...factors.keys()];
  return {
    classes,
    score: (features, width) => {
      return scoreRows(features, { width, ids: classes }, ([x = 0], scores) => {
        for (const [k, factor] of [...factors.values()].entries()) scores[k] = factor * x;
      });
    },
  };
}

const rows = createOutput([[1], [2], [3]]);
const first = createScorer(
  new Map([
    [0, 1],
    [2, 10],
  ]),
);
const second = createScorer(
  new Map([
    [0, 5],
    [1, 3],
  ]),
);

function scoreAt(labels: readonly number[], scorers: ReadonlyMap<number, TaskScorer>, width = 4) {
  const { data, shape } = scoreByTask(rows, { width, taskLabels: Int32Array.from(labels) }, scorers);
  const [, columns = 0] = shape;
  return labels.map((_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
}

describe("scoreByTask()", () => {
  test("compares each row with its task's classes, and with all where its task is unknown", () => {
    // Labels are names: neither small nor in order.
    const scorers = new Map([
      [2024, first],
      [7, second],
    ]);
    expect(scoreAt([7, 2024, 9], scorers)).toEqual([
      [5, 3, -997, -997],
      [2, -998, 20, -998],
      // The best of class 0's two scores, 3 and 15; the least of the best is class 1's.
      [15, 9, 30, -991],
    ]);
  });

  test("compares all rows with the classes of the only task there is", () => {
    expect(scoreAt([7, 2024, 9], new Map([[3, second]]))).toEqual([
      [5, 3, -997, -997],
      [10, 6, -994, -994],
      [15, 9, -991, -991],
    ]);
  });

  test("is as wide as the largest class id of any task, and scores all alike where nothing is known", () => {
    const scorers = new Map([
      [0, first],
      [1, second],
    ]);
    expect(scoreAt([1, 0, 0], scorers, 1).map(({ length }) => length)).toEqual([3, 3, 3]);
    expect(scoreAt([0, 1, 2], new Map())).toEqual([0, 1, 2].map(() => [-1000, -1000, -1000, -1000]));
  });
});
