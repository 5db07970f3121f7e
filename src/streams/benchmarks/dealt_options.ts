import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { DATASET_RULE, type Dataset } from "../../data/dataset.ts";
import { NORMALIZATION_RULE } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import { STREAM_OPTIONS, type StreamOptions } from "../stream_options.ts";

/** What benchmarks take that deal one train and one test set to experiences. */
export interface DealtOptions extends StreamOptions {
  readonly name: string;
  readonly train: Dataset;
  readonly test: Dataset;
  /**
   * Class ids are 0 … numClasses − 1. Default: the labels that occur, ascending, become the class ids 0, 1, 2 …
   */
  readonly numClasses?: number | undefined;
  /** The label of each class id. Default: what the labels are. */
  readonly classNames?: readonly string[] | undefined;
  /** How many experiences. Default: 5, or as many as another option says. */
  readonly experiences?: number | undefined;
  /** False: in the order of class ids, or of the samples in the data set. Default: true. */
  readonly shuffle?: boolean | undefined;
  readonly normalization: Benchmark["normalization"];
  readonly sampleShape: readonly number[];
}

/** What `DealtOptions` may be. */
export const DEALT_RULES: OptionRules<DealtOptions> = {
  ...STREAM_OPTIONS,
  name: required(text()),
  train: required(DATASET_RULE),
  test: required(DATASET_RULE),
  numClasses: wholeNumber(1),
  classNames: listOf(text()),
  experiences: wholeNumber(1),
  shuffle: flag(),
  normalization: required(NORMALIZATION_RULE),
  sampleShape: required(listOf(wholeNumber())),
};
