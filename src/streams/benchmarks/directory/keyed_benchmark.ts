import { elementAt } from "../../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Dataset } from "../../../data/dataset.ts";
import { relabelTasks } from "../../../data/transforms/relabel_tasks.ts";
import { type BenchmarkParts, createBenchmark } from "../../benchmark.ts";
import type { Benchmark } from "../../experience.ts";
import type { ExperienceData } from "../../stream.ts";
import type { DirectoryOptions } from "./directory_options.ts";
import { divideByKeys, type SplitSamples } from "./divide_by_keys.ts";
import { holdOutTest } from "./hold_out.ts";

/** What `createFolderDatasets` says of the samples. */
export type FolderParts = Pick<BenchmarkParts, "numClasses" | "classNames" | "sampleShape" | "normalization">;

/**
 * A benchmark whose experiences are what columns say: one for each value of `experienceColumn`, or parts of the samples
 * in the order of `orderColumn`.
 * @throws {RangeRefusal} If an option contradicts them, or an experience is left without samples.
 */
export function createKeyedBenchmark(samples: SplitSamples, made: FolderParts, options: DirectoryOptions): Benchmark {
  const { path, taskLabels = false, testSize = 0.2, seed = 0, testsAll = false } = options;
  const { names, train: all, test, valid } = divideByKeys(samples, options);
  const sourceNames = names ?? all.map((_, index) => `part ${index}`);
  const needs = { kind: "datasets" } as const;
  const halves = testsAll
    ? { train: all, test: all }
    : test
      ? { train: all, test }
      : holdOutTest(all, { testSize, seed, names: sourceNames, subject: path, needs });
  const prepare = (datasets: readonly Dataset[], isTested: boolean): ExperienceData[] =>
    datasets.map((dataset, index) => ({
      dataset: taskLabels && dataset.length > 0 ? relabelTasks(dataset, index) : dataset,
      ...(names ? { name: elementAt(names, index) } : {}),
      isUntested: isTested && dataset.length === 0,
    }));
  return createBenchmark({
    ...options,
    ...made,
    name: "directory",
    train: prepare(halves.train, false),
    test: prepare(halves.test, true),
    ...(valid ? { streams: { valid: prepare(valid, false) } } : {}),
    isTaskIncremental: taskLabels,
  });
}

/** @throws {RangeRefusal} If folders are experiences, or samples are to be dealt, where a column says what they are. */
export function assertUndealtKeys(
  { path, scenario, experienceColumn, orderColumn }: DirectoryOptions,
  isUndivided: boolean,
): void {
  const option = experienceColumn === undefined ? "orderColumn" : "experienceColumn";
  const column = experienceColumn ?? orderColumn;
  if (!isUndivided) {
    throw new RangeRefusal(
      `${path}: ${option} requires samples without folders of experiences, got ${describeValue(column)}`,
    );
  }
  if (scenario !== undefined) throw new RangeRefusal(`${path}: scenario cannot be used with ${option}`);
}
