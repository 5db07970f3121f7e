import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, recordOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DATASET_RULE } from "../../data/dataset.ts";
import { relabelTasks } from "../../data/transforms/relabel_tasks.ts";
import { createBenchmark, NORMALIZATION_RULE } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { ExperienceData } from "../stream.ts";
import type { StreamOptions } from "../stream_options.ts";
import { STREAM_OPTIONS } from "../stream_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** What `createDatasetBenchmark` takes. */
export interface DatasetBenchmarkOptions extends StreamOptions {
  readonly name: string;
  /** One an experience. */
  readonly train: readonly Dataset[];
  /** One an experience of the test stream; as many as `train` where there are task labels. */
  readonly test: readonly Dataset[];
  /**
   * Further streams by name, one data set an experience: { valid: [monday, tuesday] }, say, as many as `train` where it
   * is "valid" or there are task labels. Default: none.
   */
  readonly streams?: Readonly<Record<string, readonly Dataset[]>> | undefined;
  /**
   * Class ids are 0 … numClasses − 1. Default: the labels that occur, ascending, become the class ids 0, 1, 2 …
   */
  readonly numClasses?: number | undefined;
  /** The label of each class id, one a class; labels of the data sets are class ids then. Default: the labels. */
  readonly classNames?: readonly string[] | undefined;
  /** Experience i carries the task label i (task-incremental); class ids stay as they are. Default: false. */
  readonly taskLabels?: boolean | undefined;
  /** How raw values became those of the data sets, for the exported model's metadata. Default: as they are. */
  readonly normalization?: Benchmark["normalization"] | undefined;
}

const DATASET_BENCHMARK_RULES: OptionRules<DatasetBenchmarkOptions> = {
  ...STREAM_OPTIONS,
  name: required(text()),
  train: required(listOf(DATASET_RULE)),
  test: required(listOf(DATASET_RULE)),
  streams: recordOf(listOf(DATASET_RULE, 1)),
  numClasses: wholeNumber(1),
  classNames: listOf(text()),
  taskLabels: flag(),
  normalization: NORMALIZATION_RULE,
};

/**
 * A benchmark from data sets of one's own, one an experience: domain-, class- or, with task labels, task-incremental.
 * Task labels that the data sets have stay as they are; where one is 100 or more and others below it are not there, all
 * are numbered in ascending order, and `taskNames` has them.
 * @throws {RangeError} If there is none, one is empty, samples differ in shape, or a label is no class id.
 * @example const benchmark = createDatasetBenchmark({ name: "mine", train: [monday, tuesday], test: [later] });
 */
export function createDatasetBenchmark(options: DatasetBenchmarkOptions): Benchmark {
  assertOptions("createDatasetBenchmark", options, DATASET_BENCHMARK_RULES);
  const {
    name,
    train,
    test,
    streams = {},
    taskLabels = false,
    normalization = { scale: 1, mean: [], std: [] },
  } = options;
  const act = `the benchmark ${JSON.stringify(name)}`;
  for (const [stream, { length }] of Object.entries({ test, ...streams })) {
    if (length === train.length || !(taskLabels || stream === "valid")) continue;
    throw new RangeRefusal(needs(act, `as many ${stream} as train experiences (${train.length})`, length));
  }
  if (streams.valid && options.experienceSize !== undefined) {
    throw new RangeRefusal(needs(act, "no experienceSize beside a stream valid", options.experienceSize));
  }
  const prepare = (datasets: readonly Dataset[]): ExperienceData[] =>
    datasets.map((dataset, index) => ({ dataset: taskLabels ? relabelTasks(dataset, index) : dataset }));
  const { numClasses = options.classNames?.length } = options;
  const all = [...train, ...test, ...Object.values(streams).flat()];
  const { datasets, classNames } = numberDatasets(all, numClasses);
  let start = 0;
  const take = (given: readonly Dataset[]) => {
    start += given.length;
    return prepare(datasets.slice(start - given.length, start));
  };
  return createBenchmark({
    ...options,
    train: take(train),
    test: take(test),
    streams: Object.fromEntries(Object.entries(streams).map(([stream, given]) => [stream, take(given)])),
    numClasses: classNames.length,
    classNames: options.classNames ?? classNames,
    sampleShape: findSampleShape(datasets, act),
    isTaskIncremental: taskLabels,
    normalization,
  });
}

function findSampleShape(datasets: readonly Dataset[], act: string): readonly number[] {
  const sources = datasets.flatMap((dataset) => [...dataset.dropUnusedSources().sources.values()]);
  const [first] = sources;
  if (!first) throw new RangeRefusal(`${act} has no samples`);
  const astray = sources.find(({ sampleShape }) => sampleShape.join() !== first.sampleShape.join());
  if (!astray) return first.sampleShape;
  const wanted = `samples of shape [${first.sampleShape.join(", ")}] in ${JSON.stringify(astray.name)} too`;
  throw new RangeRefusal(needs(act, wanted, astray.sampleShape));
}
