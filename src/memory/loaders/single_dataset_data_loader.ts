import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { required } from "../../core/options/value_rules.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { countBatches } from "./batch_sampler.ts";
import { DATA_LOADER_RULES, type DataLoader, type DataLoaderOptions, parseShuffling } from "./data_loader.ts";
import { MinibatchJoiner } from "./minibatch_joiner.ts";

/** What a `SingleDatasetDataLoader` is made from. */
export interface SingleDatasetDataLoaderOptions extends DataLoaderOptions {
  readonly dataset: Dataset;
}

const SINGLE_DATASET_LOADER_RULES: OptionRules<SingleDatasetDataLoaderOptions> = {
  ...DATA_LOADER_RULES,
  dataset: required(DATASET_RULE),
};

/** Every sample of a data set once an epoch; the last minibatch may be short. */
export class SingleDatasetDataLoader implements DataLoader {
  readonly length: number;
  readonly #joiner: MinibatchJoiner;

  /** @throws {RangeError} If the batch size is out of range. {TypeError} If it shuffles without a random stream. */
  constructor(options: SingleDatasetDataLoaderOptions) {
    assertOptions("SingleDatasetDataLoader", options, SINGLE_DATASET_LOADER_RULES);
    const random = parseShuffling("SingleDatasetDataLoader", options);
    const { dataset, batchSize, dropLast = false } = options;
    this.length = countBatches(dataset.length, batchSize, dropLast);
    this.#joiner = new MinibatchJoiner([{ dataset, batchSize, dropLast, cycle: false, random }]);
  }

  iterate(): Iterable<Dataset> {
    return this.#joiner.iterate(this.length);
  }
}
