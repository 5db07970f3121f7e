import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { TaskRelabeler } from "../../../src/data/transforms/task_relabeler.ts";
import { makeDataset } from "../../support/made_dataset.ts";

describe("TaskRelabeler", () => {
  const mixed = Dataset.concat([makeDataset([0, 1, 2]), makeDataset([3, 4], { taskLabel: 1 })]).subset([4, 0, 3, 2]);

  test("relabel() shows the same samples in the same order under another task label", () => {
    const relabeled = new TaskRelabeler().relabel(mixed, 7);
    expect([...relabeled.targetsTaskLabels]).toEqual([7, 7, 7, 7]);
    expect([...relabeled.targets]).toEqual([...mixed.targets]);
    expect(readSamples(relabeled)).toEqual(readSamples(mixed));
  });

  test("relabel() makes one source a label, and none where the label fits", () => {
    const relabeler = new TaskRelabeler();
    const first = relabeler.relabel(mixed, 1);
    expect(relabeler.relabel(mixed.subset([1, 2]), 1).sources.size).toBe(2);
    expect([...relabeler.relabel(mixed, 1).sources.keys()]).toEqual([...first.sources.keys()]);
    const fitting = [...mixed.sources.values()].find(({ taskLabel }) => taskLabel === 1);
    expect(fitting && first.sources.get(fitting.id)).toBe(fitting);
    expect([...relabeler.relabel(mixed, 0).sources.keys()]).not.toEqual([...first.sources.keys()]);
  });
});
