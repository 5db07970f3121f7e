import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { createStream } from "../../../src/streams/stream.ts";
import { groupClassesByTask } from "../../../src/training/model/classes_by_task.ts";
import { makeDataset } from "../../support/made_dataset.ts";

describe("groupClassesByTask()", () => {
  test("gives the classes that the experience stands for, when it has one task label", () => {
    const dataset = makeDataset([5, 5], { taskLabel: 3 });
    const experience = createStream("made", [{ dataset, classes: [4, 5] }]).at(0);
    expect(groupClassesByTask(experience)).toEqual(new Map([[3, [4, 5]]]));
  });

  test("gives each task the classes of its own samples, when there are several", () => {
    const dataset = Dataset.concat([
      makeDataset([1, 2, 1], { taskLabel: 2 }),
      makeDataset([0, 2], { taskLabel: 0, name: "other" }),
    ]);
    const experience = createStream("made", [{ dataset }]).at(0);
    expect(groupClassesByTask(experience)).toEqual(
      new Map([
        [0, [0, 2]],
        [2, [1, 2]],
      ]),
    );
  });
});
