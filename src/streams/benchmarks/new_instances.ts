import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import { assertEnough, DEALT_RULES, type DealtOptions } from "./dealt_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** How samples are dealt to experiences. */
export interface NewInstancesOptions extends DealtOptions {
  /** Every experience gets the same share of each class, to one sample. Default: false, shares are left to chance. */
  readonly balanced?: boolean | undefined;
}

/** What `NewInstancesOptions` may be. */
export const NEW_INSTANCES_RULES: OptionRules<NewInstancesOptions> = { ...DEALT_RULES, balanced: flag() };

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
  assertEnough(options, train.length, "a sample");
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
