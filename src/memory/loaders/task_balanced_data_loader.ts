import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, required } from "../../core/options/value_rules.ts";
import { DATASET_RULE, type Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import type { DataLoader, DataLoaderOptions } from "./data_loader.ts";
import { DATA_LOADER_RULES } from "./data_loader.ts";
import { GroupBalancedDataLoader } from "./group_balanced_data_loader.ts";

/** What a `TaskBalancedDataLoader` is made from. */
export interface TaskBalancedDataLoaderOptions extends DataLoaderOptions {
  readonly data: Dataset;
  /** True: a task that ends early starts again. False: the rest of the epoch does without it (the default). */
  readonly oversampleSmallTasks?: boolean | undefined;
}

const TASK_BALANCED_LOADER_RULES: OptionRules<TaskBalancedDataLoaderOptions> = {
  ...DATA_LOADER_RULES,
  data: required(DATASET_RULE),
  oversampleSmallTasks: flag(),
};

/** Minibatches with an equal share of every task label, tasks ascending. */
export class TaskBalancedDataLoader implements DataLoader {
  readonly #loader: GroupBalancedDataLoader;

  /**
   * @throws {RangeError} If there are no samples, or more tasks than samples in a batch. {TypeError} If it shuffles
   * without a random stream.
   */
  constructor(options: TaskBalancedDataLoaderOptions) {
    assertOptions("TaskBalancedDataLoader", options, TASK_BALANCED_LOADER_RULES);
    const { data, oversampleSmallTasks, ...others } = options;
    const datasets = splitByTask(data);
    this.#loader = new GroupBalancedDataLoader({ ...others, datasets, oversampleSmallGroups: oversampleSmallTasks });
  }

  get length(): number {
    return this.#loader.length;
  }

  iterate(): Iterable<Dataset> {
    return this.#loader.iterate();
  }
}

/** One data set a task label, labels ascending, samples in order. */
export function splitByTask(dataset: Dataset): Dataset[] {
  const groups = [...groupPositions(dataset.targetsTaskLabels).values()];
  return groups.length <= 1 ? groups.map(() => dataset) : groups.map((positions) => dataset.subset(positions));
}
