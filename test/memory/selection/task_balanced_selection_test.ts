import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { BufferUpdateSource } from "../../../src/memory/buffers/exemplars_buffer.ts";
import type { SelectionStrategy } from "../../../src/memory/selection/selection_strategy.ts";
import { TaskBalancedSelectionStrategy } from "../../../src/memory/selection/task_balanced_selection.ts";
import { createStream } from "../../../src/streams/stream.ts";
import { makeDataset } from "../../support/made_dataset.ts";

/** The samples of the largest labels. */
const byLabel: SelectionStrategy = {
  select: ({ targets }, count) => {
    const order = Int32Array.from(targets.keys()).sort((a, b) => (targets[b] ?? 0) - (targets[a] ?? 0));
    return order.slice(0, count);
  },
};

const small = makeDataset([1, 5], { name: "small", taskLabel: 4 });
const large = makeDataset([7, 9, 8, 6], { name: "large", taskLabel: 2 });
const source: BufferUpdateSource = {
  experience: createStream("train", [{ dataset: small }]).at(0),
  randomStreams: new RandomStreams(0),
};

async function selectLabels(samples: Dataset, count: number): Promise<number[]> {
  const positions = await new TaskBalancedSelectionStrategy(byLabel).select(samples, count, source);
  return [...positions].map((position) => samples.targets[position] ?? Number.NaN);
}

describe("TaskBalancedSelectionStrategy", () => {
  test("select() takes the tasks' best in turn, and goes on where a task has no more", async () => {
    const both = Dataset.concat([small, large]);
    expect(await selectLabels(both, 3)).toEqual([9, 5, 8]);
    expect(await selectLabels(both, 9)).toEqual([9, 5, 8, 1, 7, 6]);
  });

  test("select() is the other's choice, where there is one task or nothing", async () => {
    expect(await selectLabels(large, 2)).toEqual([9, 8]);
    expect(await selectLabels(Dataset.empty(), 2)).toEqual([]);
  });
});
