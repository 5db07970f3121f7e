import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, number, oneOf } from "../../core/options/value_rules.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Benchmark } from "../experience.ts";
import { DEALT_SCENARIOS, type DealtScenario, dealDatasets } from "./deal_datasets.ts";
import type { ImageOptions, ImageSources } from "./image_sources.ts";
import { IMAGE_RULES } from "./image_sources.ts";

/** What the class-incremental benchmarks on a data set of images take. */
export interface SplitImageOptions extends ImageOptions {
  /** Every class once; left out: random, from the seed. */
  readonly classOrder?: readonly number[] | undefined;
  /** False: without a class order, classes come in the order 0, 1, 2 … */
  readonly shuffle?: boolean | undefined;
  /** "new-instances" deals the samples of all classes instead of the classes; "class-incremental" unless given. */
  readonly scenario?: DealtScenario | undefined;
  /** With "new-instances": every experience gets the same share of each class; false unless given. */
  readonly balanced?: boolean | undefined;
}

/** What `SplitImageOptions` may be. */
export const SPLIT_IMAGE_RULES: OptionRules<SplitImageOptions> = {
  classOrder: listOf(number()),
  shuffle: flag(),
  scenario: oneOf(DEALT_SCENARIOS),
  balanced: flag(),
  ...IMAGE_RULES,
};

/**
 * Deals a data set's classes, or its samples, to 5 experiences, or as many as asked for.
 * @throws {RangeError} If an option is out of range or does not go with the scenario.
 */
export function splitImageSources(
  name: string,
  { train, test, normalization }: ImageSources,
  options: SplitImageOptions & { readonly numClasses: number },
): Benchmark {
  return dealDatasets({
    ...options,
    name,
    train: Dataset.fromSource(train),
    test: Dataset.fromSource(test),
    sampleShape: train.sampleShape,
    normalization,
  });
}
