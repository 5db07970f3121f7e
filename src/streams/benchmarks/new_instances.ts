import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { createBenchmark, NORMALIZATION_RULE } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { StreamOptions } from "../stream_options.ts";
import { STREAM_OPTIONS } from "../stream_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** How samples are dealt to experiences. */
export interface NewInstancesOptions extends StreamOptions {
  readonly name: string;
  readonly train: Dataset;
  readonly test: Dataset;
  /**
   * Class ids are 0 … numClasses − 1. Default: the labels that occur, ascending, become the class ids 0, 1, 2 …
   */
  readonly numClasses?: number | undefined;
  /** The label of each class id. Default: what the labels are. */
  readonly classNames?: readonly string[] | undefined;
  readonly experiences: number;
  /**
   * Every experience gets the same share of each class, to one sample. Default: false, shares are left to chance.
   */
  readonly balanced?: boolean | undefined;
  /** False deals samples in the order of the data set. Default: true. */
  readonly shuffle?: boolean | undefined;
  readonly normalization: Benchmark["normalization"];
  readonly sampleShape: readonly number[];
}

/** What `NewInstancesOptions` may be. */
export const NEW_INSTANCES_RULES: OptionRules<NewInstancesOptions> = {
  ...STREAM_OPTIONS,
  name: required(text()),
  train: required(DATASET_RULE),
  test: required(DATASET_RULE),
  numClasses: wholeNumber(1),
  classNames: listOf(text()),
  experiences: required(wholeNumber(1)),
  balanced: flag(),
  shuffle: flag(),
  normalization: required(NORMALIZATION_RULE),
  sampleShape: required(listOf(wholeNumber())),
};

/**
 * A benchmark in which every experience brings new samples of the same classes: the train samples dealt to
 * `experiences` of one size, to one sample. The order comes from the random stream "instances"; the test stream is the
 * whole test set as one experience, as in Avalanche.
 * @throws {RangeError} If there are more experiences than train samples, or a label is no class id.
 */
export function createNewInstancesBenchmark(options: NewInstancesOptions): Benchmark {
  assertOptions("createNewInstancesBenchmark", options, NEW_INSTANCES_RULES);
  const { name, experiences, balanced = false, shuffle = true, seed = 0 } = options;
  const act = `the benchmark ${JSON.stringify(name)}`;
  const { datasets, classNames } = numberDatasets([options.train, options.test], options.numClasses);
  const [train = options.train, test = options.test] = datasets;
  if (experiences > train.length) {
    throw new RangeRefusal(`${name}: experiences must be at most ${train.length}, a sample each, got ${experiences}`);
  }
  if (test.length === 0) throw new RangeRefusal(needs(act, "at least one test sample", 0));
  const random = shuffle ? new RandomStream(seed, "instances") : undefined;
  const order = balanced ? sortByClass(train, random) : createOrder(train.length, random);
  const shares = Array.from({ length: experiences }, (_, index) =>
    balanced
      ? order.filter((_position, i) => i % experiences === index)
      : order.subarray(...findShare(order.length, experiences, index)),
  );
  return createBenchmark({
    ...options,
    numClasses: classNames.length,
    classNames: options.classNames ?? classNames,
    train: shares.map((positions) => ({ dataset: train.subset(positions.slice().sort()) })),
    test: [{ dataset: test }],
    isTaskIncremental: false,
  });
}

/** Class after class: every n-th of it then holds each class's share to one sample. */
function sortByClass(dataset: Dataset, random: RandomStream | undefined): Int32Array {
  const order = new Int32Array(dataset.length);
  let start = 0;
  for (const positions of groupPositions(dataset.targets).values()) {
    order.set(random ? random.shuffle(positions) : positions, start);
    start += positions.length;
  }
  return order;
}

function createOrder(length: number, random: RandomStream | undefined): Int32Array {
  return random ? random.permutation(length) : Int32Array.from({ length }, (_, position) => position);
}

/** Where a share starts and ends; the first length mod `shares` are one longer than the others. */
function findShare(length: number, shares: number, index: number): [number, number] {
  const size = Math.floor(length / shares);
  const longer = length % shares;
  const start = index * size + Math.min(index, longer);
  return [start, start + size + (index < longer ? 1 : 0)];
}
