import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { splitEvenly } from "../buffers/share_memory.ts";
import { countBatches } from "./batch_sampler.ts";
import { DATA_LOADER_RULES, type DataLoader, type DataLoaderOptions, parseShuffling } from "./data_loader.ts";
import { MinibatchJoiner, type MinibatchPart } from "./minibatch_joiner.ts";
import { splitByTask } from "./task_balanced_data_loader.ts";

/** What a `ReplayDataLoader` is made from. */
export interface ReplayDataLoaderOptions extends DataLoaderOptions {
  /** The current experience's samples, `batchSize` of them a minibatch. */
  readonly data: Dataset;
  /** Samples of the past; none is fine. */
  readonly memory: Dataset;
  /** Samples of the memory in a minibatch. Default: `batchSize`. */
  readonly batchSizeMem?: number | undefined;
  /** True: the memory starts again, reshuffled, when it is used up. False: the rest goes without (the default). */
  readonly oversampleSmallTasks?: boolean | undefined;
  /** True: the memory's part has an equal share of every task. Default: false. */
  readonly taskBalancedDataloader?: boolean | undefined;
}

const REPLAY_LOADER_RULES: OptionRules<ReplayDataLoaderOptions> = {
  ...DATA_LOADER_RULES,
  data: required(DATASET_RULE),
  memory: required(DATASET_RULE),
  batchSizeMem: wholeNumber(1),
  oversampleSmallTasks: flag(),
  taskBalancedDataloader: flag(),
};

/**
 * Minibatches of current samples followed by samples of the memory. Every current sample comes once an epoch, and they
 * alone decide its length. A memory that does not divide evenly gives a short part at its end (25 samples at 10: 10,
 * 10, 5, then 10 again) unless `dropLast`.
 */
export class ReplayDataLoader implements DataLoader {
  readonly length: number;
  readonly #joiner: MinibatchJoiner;

  /**
   * @throws {RangeError} If a batch size is out of range, or below the number of tasks to balance. {TypeError} If it
   * shuffles without a random stream.
   */
  constructor(options: ReplayDataLoaderOptions) {
    assertOptions("ReplayDataLoader", options, REPLAY_LOADER_RULES);
    const random = parseShuffling("ReplayDataLoader", options);
    const { data, batchSize, dropLast = false } = options;
    this.length = countBatches(data.length, batchSize, dropLast);
    const current = { dataset: data, batchSize, dropLast, cycle: false, random };
    this.#joiner = new MinibatchJoiner([current, ...createMemoryParts(options, random)]);
  }

  iterate(): Iterable<Dataset> {
    return this.#joiner.iterate(this.length);
  }
}

function createMemoryParts(options: ReplayDataLoaderOptions, random: RandomStream | undefined): MinibatchPart[] {
  const { memory, batchSize, batchSizeMem = batchSize, dropLast = false, oversampleSmallTasks = false } = options;
  if (memory.length === 0) return [];
  const datasets = options.taskBalancedDataloader ? splitByTask(memory) : [memory];
  if (datasets.length > batchSizeMem) {
    const wanted = `a batchSizeMem of at least one sample for each of ${datasets.length} tasks`;
    throw new RangeRefusal(needs("ReplayDataLoader", wanted, batchSizeMem));
  }
  const sizes = splitEvenly(batchSizeMem, datasets.length);
  return datasets.map((dataset, index) => {
    return { dataset, batchSize: elementAt(sizes, index), dropLast, cycle: oversampleSmallTasks, random };
  });
}
