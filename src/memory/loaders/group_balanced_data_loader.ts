import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, required } from "../../core/options/value_rules.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { splitEvenly } from "../buffers/share_memory.ts";
import { countBatches } from "./batch_sampler.ts";
import { DATA_LOADER_RULES, type DataLoader, type DataLoaderOptions, parseShuffling } from "./data_loader.ts";
import { MinibatchJoiner } from "./minibatch_joiner.ts";

/** What a `GroupBalancedDataLoader` is made from. */
export interface GroupBalancedDataLoaderOptions extends DataLoaderOptions {
  readonly datasets: readonly Dataset[];
  /** True: a group that ends early starts again. False: the rest of the epoch does without it (the default). */
  readonly oversampleSmallGroups?: boolean | undefined;
}

const GROUP_BALANCED_LOADER_RULES: OptionRules<GroupBalancedDataLoaderOptions> = {
  ...DATA_LOADER_RULES,
  datasets: required(listOf(DATASET_RULE)),
  oversampleSmallGroups: flag(),
};

/**
 * Minibatches with an equal share of every group, in the order of the groups; the remainder goes one each to the
 * first. An epoch ends with the group of the most sub-batches.
 */
export class GroupBalancedDataLoader implements DataLoader {
  readonly length: number;
  readonly #joiner: MinibatchJoiner;

  /**
   * @throws {RangeError} If there are more groups than samples in a batch, or a group is empty. {TypeError} If it
   * shuffles without a random stream.
   */
  constructor(options: GroupBalancedDataLoaderOptions) {
    assertOptions("GroupBalancedDataLoader", options, GROUP_BALANCED_LOADER_RULES);
    const random = parseShuffling("GroupBalancedDataLoader", options);
    const { datasets, batchSize, dropLast = false, oversampleSmallGroups = false } = options;
    assertGroups(datasets, batchSize);
    const sizes = splitEvenly(batchSize, datasets.length);
    const parts = datasets.map((dataset, index) => {
      return { dataset, batchSize: elementAt(sizes, index), dropLast, cycle: oversampleSmallGroups, random };
    });
    this.length = Math.max(...parts.map((part) => countBatches(part.dataset.length, part.batchSize, dropLast)));
    this.#joiner = new MinibatchJoiner(parts);
  }

  iterate(): Iterable<Dataset> {
    return this.#joiner.iterate(this.length);
  }
}

function assertGroups(datasets: readonly Dataset[], batchSize: number): void {
  const act = "group-balanced data loader";
  if (datasets.length === 0) throw new RangeRefusal(needs(act, "at least one group", 0));
  if (datasets.length > batchSize) {
    throw new RangeRefusal(
      needs(act, `a batchSize of at least one sample for each of ${datasets.length} groups`, batchSize),
    );
  }
  const empty = datasets.findIndex((dataset) => dataset.length === 0);
  if (empty >= 0) throw new RangeRefusal(needs(act, `at least one sample in group ${empty}`, 0));
}
