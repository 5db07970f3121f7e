import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, number } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { findClassIds } from "../../data/readers/class_names.ts";
import { relabelTasks } from "../../data/transforms/relabel_tasks.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { ExperienceData } from "../stream.ts";
import { assertEnough, DEALT_RULES, type DealtOptions } from "./dealt_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** How classes are dealt to experiences: where they do not divide evenly, the first ones take one class more. */
export interface ClassIncrementalOptions extends DealtOptions {
  /** Every label once, in the order in which they come. Default: drawn from the random stream "class-order". */
  readonly classOrder?: readonly number[] | undefined;
  /** Experience i carries the task label i; class ids stay as they are. */
  readonly taskLabels?: boolean | undefined;
}

/** What `ClassIncrementalOptions` may be. */
export const CLASS_INCREMENTAL_RULES: OptionRules<ClassIncrementalOptions> = {
  ...DEALT_RULES,
  classOrder: listOf(number()),
  taskLabels: flag(),
};

/**
 * A benchmark in which every experience brings classes of its own; test experience i holds the classes of train
 * experience i.
 * @throws {RangeError} If the class order is not every class once, there are more experiences than classes, a label is
 * no class id, or an experience is left without samples.
 */
export function createClassIncrementalBenchmark(options: ClassIncrementalOptions): Benchmark {
  assertOptions("createClassIncrementalBenchmark", options, CLASS_INCREMENTAL_RULES);
  const { name, experiences, taskLabels = false, seed = 0, shuffle = true } = options;
  const act = `the benchmark ${JSON.stringify(name)}`;
  const { datasets, classNames } = numberDatasets([options.train, options.test], options.numClasses);
  const [train = options.train, test = options.test] = datasets;
  const numClasses = classNames.length;
  assertEnough(options, numClasses, "a class");
  const order = options.classOrder
    ? readClassOrder(options.classOrder, { classNames, numClasses: options.numClasses })
    : createClassOrder(numClasses, { seed, shuffle });
  assertClassOrder(act, order, options.classNames ?? classNames);
  const classes = dealClasses(order, experiences);
  return createBenchmark({
    ...options,
    numClasses,
    classNames: options.classNames ?? classNames,
    train: selectExperiences(train, classes, { act: `${act} from the train data`, taskLabels, numClasses }),
    test: selectExperiences(test, classes, { act: `${act} from the test data`, taskLabels, numClasses }),
    isTaskIncremental: taskLabels,
  });
}

/** Consecutive runs of `order`; the first order.length mod `experiences` runs are one longer than the others. */
function dealClasses(order: readonly number[], experiences: number): number[][] {
  const share = Math.floor(order.length / experiences);
  const longer = order.length % experiences;
  return Array.from({ length: experiences }, (_, index) => {
    const start = index * share + Math.min(index, longer);
    return order.slice(start, start + share + (index < longer ? 1 : 0));
  });
}

function createClassOrder(numClasses: number, { seed, shuffle }: { seed: number; shuffle: boolean }): number[] {
  if (shuffle) return Array.from(new RandomStream(seed, "class-order").permutation(numClasses));
  return Array.from({ length: numClasses }, (_, id) => id);
}

/** The class ids of labels; where `numClasses` is given, labels are class ids. */
function readClassOrder(
  labels: readonly number[],
  { classNames, numClasses }: { readonly classNames: readonly string[]; readonly numClasses: number | undefined },
): readonly number[] {
  return numClasses === undefined ? findClassIds("classOrder", labels, classNames) : labels;
}

function assertClassOrder(act: string, order: readonly number[], classNames: readonly string[]): void {
  const seen = new Set<number>();
  for (const id of order) {
    const label = classNames[id];
    if (label === undefined) {
      throw new RangeRefusal(needs(act, `class ids from 0 to ${classNames.length - 1} in classOrder`, id));
    }
    if (seen.has(id)) throw new RangeRefusal(needs(act, "every class once in classOrder", `${label} twice`));
    seen.add(id);
  }
  const missing = classNames.find((_, id) => !seen.has(id));
  if (missing === undefined) return;
  throw new RangeRefusal(needs(act, "every class once in classOrder", `none of class ${missing}`));
}

function selectExperiences(
  dataset: Dataset,
  classes: readonly (readonly number[])[],
  { act, taskLabels, numClasses }: { readonly act: string; readonly taskLabels: boolean; readonly numClasses: number },
): ExperienceData[] {
  const positions = groupPositions(dataset.targets);
  for (const id of positions.keys()) {
    if (id < 0 || id >= numClasses) {
      throw new RangeRefusal(needs(act, `labels from 0 to ${numClasses - 1}`, id));
    }
  }
  return classes.map((ids, index) => {
    const chosen = Int32Array.from(ids.flatMap((id) => Array.from(positions.get(id) ?? []))).sort();
    const selected = dataset.subset(chosen).dropUnusedSources();
    return { dataset: taskLabels ? relabelTasks(selected, index) : selected, classes: ids };
  });
}
