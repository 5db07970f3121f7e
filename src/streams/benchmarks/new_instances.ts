import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, wholeNumber } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import { assertLength } from "./assign_classes.ts";
import { DEFAULT_EXPERIENCES, shareEvenly } from "./class_counts.ts";
import { DEALT_RULES, type DealtOptions } from "./dealt_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** How samples are dealt to experiences. */
export interface NewInstancesOptions extends DealtOptions {
  /** Every experience gets the same share of each class, to one sample. Default: false, shares are left to chance. */
  readonly balanced?: boolean | undefined;
  /**
   * The places of each experience's samples in `train`, from 0, none of them twice; samples that no list has are left
   * out. Excludes `balanced`.
   */
  readonly fixedExperienceAssignment?: readonly (readonly number[])[] | undefined;
}

/** What `NewInstancesOptions` may be. */
export const NEW_INSTANCES_RULES: OptionRules<NewInstancesOptions> = {
  ...DEALT_RULES,
  balanced: flag(),
  fixedExperienceAssignment: listOf(listOf(wholeNumber()), 1),
};

/**
 * A benchmark in which every experience brings new samples of the same classes: the train samples dealt to
 * `experiences` of one size, to one sample. The order comes from the random stream "instances"; the test stream is the
 * whole test set as one experience, as in Avalanche.
 * @throws {RangeError} If there are more experiences than train samples, a sample is assigned twice, or a label is no
 * class id.
 */
export function createNewInstancesBenchmark(options: NewInstancesOptions): Benchmark {
  assertOptions("createNewInstancesBenchmark", options, NEW_INSTANCES_RULES);
  const { name } = options;
  const { datasets, classNames } = numberDatasets([options.train, options.test], options.numClasses);
  const [train = options.train, test = options.test] = datasets;
  if (test.length === 0)
    throw new RangeRefusal(needs(`the benchmark ${JSON.stringify(name)}`, "at least one test sample", 0));
  const shares = assignSamples(options, train);
  return createBenchmark({
    ...options,
    numClasses: classNames.length,
    classNames: options.classNames ?? classNames,
    train: shares.map((positions) => ({ dataset: train.subset(Int32Array.from(positions).sort()) })),
    test: [{ dataset: test }],
    isTaskIncremental: false,
  });
}

/** The places of each experience's samples in `train`. */
function assignSamples(options: NewInstancesOptions, train: Dataset): ArrayLike<number>[] {
  const { name, balanced = false, shuffle = true, seed = 0, fixedExperienceAssignment: fixed } = options;
  if (fixed) return readAssignment(options, fixed, train.length);
  const { experiences = DEFAULT_EXPERIENCES } = options;
  if (experiences > train.length) {
    throw new RangeRefusal(`${name}: experiences must be at most ${train.length}, a sample each, got ${experiences}`);
  }
  const random = shuffle ? new RandomStream(seed, "instances") : undefined;
  if (balanced) {
    const order = sortByClass(train, random);
    return Array.from({ length: experiences }, (_, index) => order.filter((_position, i) => i % experiences === index));
  }
  const order = createOrder(train.length, random);
  let start = 0;
  return shareEvenly(order.length, experiences).map((count) => {
    start += count;
    return order.subarray(start - count, start);
  });
}

function readAssignment(
  { name, experiences, balanced = false }: NewInstancesOptions,
  given: readonly (readonly number[])[],
  samples: number,
): ArrayLike<number>[] {
  if (balanced) throw new RangeRefusal(`${name}: fixedExperienceAssignment says it all, and excludes balanced`);
  assertLength(name, given, experiences);
  const seen = new Set<number>();
  for (const place of given.flat()) {
    if (place >= samples) {
      throw new RangeRefusal(`${name}: fixedExperienceAssignment must name samples below ${samples}, got ${place}`);
    }
    if (seen.has(place)) {
      throw new RangeRefusal(`${name}: fixedExperienceAssignment must have no sample twice, got ${place} twice`);
    }
    seen.add(place);
  }
  return [...given];
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
