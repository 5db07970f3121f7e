import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import { assignSamples } from "./assign_samples.ts";
import { NEW_INSTANCES_RULES, type NewInstancesOptions } from "./new_instances_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

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
  const shares = assignSamples(options, { train, classNames: options.classNames ?? classNames });
  return createBenchmark({
    ...options,
    numClasses: classNames.length,
    classNames: options.classNames ?? classNames,
    train: shares.map((positions) => ({ dataset: train.subset(Int32Array.from(positions).sort()) })),
    test: [{ dataset: test }],
    isTaskIncremental: false,
  });
}
