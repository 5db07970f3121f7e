import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { listOf, required } from "../../core/options/value_rules.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { DATA_LOADER_RULES, type DataLoader, type DataLoaderOptions, parseShuffling } from "./data_loader.ts";
import { MinibatchJoiner } from "./minibatch_joiner.ts";

/** What a `GroupBalancedInfiniteDataLoader` is made from. `batchSize` is that of each group. */
export interface GroupBalancedInfiniteDataLoaderOptions extends DataLoaderOptions {
  readonly datasets: readonly Dataset[];
}

const GROUP_BALANCED_INFINITE_LOADER_RULES: OptionRules<GroupBalancedInfiniteDataLoaderOptions> = {
  ...DATA_LOADER_RULES,
  datasets: required(listOf(DATASET_RULE)),
};

/**
 * Minibatches of `batchSize` samples of every group, in the order of the groups, without end: a group that is used up
 * starts again, reshuffled. Where a group does not divide evenly, its part at the end is short unless `dropLast`.
 */
export class GroupBalancedInfiniteDataLoader implements DataLoader {
  /** Infinite. */
  readonly length = Number.POSITIVE_INFINITY;
  readonly #joiner: MinibatchJoiner;

  /**
   * @throws {RangeError} If there is no group, or one is empty. {TypeError} If it shuffles without a random stream.
   */
  constructor(options: GroupBalancedInfiniteDataLoaderOptions) {
    assertOptions("GroupBalancedInfiniteDataLoader", options, GROUP_BALANCED_INFINITE_LOADER_RULES);
    const random = parseShuffling("GroupBalancedInfiniteDataLoader", options);
    const { datasets, batchSize, dropLast = false } = options;
    const act = "infinite group-balanced data loader";
    if (datasets.length === 0) throw new RangeRefusal(needs(act, "at least one group", 0));
    const empty = datasets.findIndex((dataset) => dataset.length === 0);
    if (empty >= 0) throw new RangeRefusal(needs(act, `at least one sample in group ${empty}`, 0));
    this.#joiner = new MinibatchJoiner(
      datasets.map((dataset) => ({ dataset, batchSize, dropLast, cycle: true, random })),
    );
  }

  /** Never ends: leave the loop with `break`. */
  iterate(): Iterable<Dataset> {
    return this.#joiner.iterate(this.length);
  }
}
