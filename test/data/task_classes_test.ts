import { describe, expect, test } from "bun:test";
import { distinguishTaskClasses, groupTaskClasses } from "../../src/data/task_classes.ts";

const rows = {
  targets: Int32Array.of(5, 0, 5, 0, 5),
  targetsTaskLabels: Int32Array.of(9, 2, 2, 9, 9),
};

describe("groupTaskClasses()", () => {
  test("gives the rows of each class of each task, in ascending order", () => {
    const groups = groupTaskClasses(rows).map(({ task, id, positions }) => [task, id, [...positions]]);
    expect(groups).toEqual([
      [2, 0, [1]],
      [2, 5, [2]],
      [9, 0, [3]],
      [9, 5, [0, 4]],
    ]);
  });
});

describe("distinguishTaskClasses()", () => {
  test("gives rows one label, where their class and their task are one", () => {
    expect([...distinguishTaskClasses(rows)]).toEqual([3, 0, 1, 2, 3]);
  });

  test("gives the class ids themselves, where there is one task", () => {
    expect(distinguishTaskClasses({ ...rows, targetsTaskLabels: new Int32Array(5).fill(7) })).toBe(rows.targets);
  });
});
