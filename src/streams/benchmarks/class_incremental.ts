import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { relabelTasks } from "../../data/transforms/relabel_tasks.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { ExperienceData } from "../stream.ts";
import { assignClasses } from "./assign_classes.ts";
import { CLASS_INCREMENTAL_RULES, type ClassIncrementalOptions } from "./class_incremental_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/**
 * A benchmark in which every experience brings classes of its own; test experience i holds the classes of train
 * experience i.
 * @throws {RangeError} If the class order is not every class once, there are more experiences than classes, a label is
 * no class id, or an experience is left without samples.
 */
export function createClassIncrementalBenchmark(options: ClassIncrementalOptions): Benchmark {
  assertOptions("createClassIncrementalBenchmark", options, CLASS_INCREMENTAL_RULES);
  const { name, taskLabels = false } = options;
  const act = `the benchmark ${JSON.stringify(name)}`;
  const { datasets, classNames } = numberDatasets([options.train, options.test], options.numClasses);
  const [train = options.train, test = options.test] = datasets;
  const numClasses = classNames.length;
  const classes = assignClasses(options, { labels: classNames });
  return createBenchmark({
    ...options,
    numClasses,
    classNames: options.classNames ?? classNames,
    train: selectExperiences(train, classes, { act: `${act} from the train data`, taskLabels, numClasses }),
    test: selectExperiences(test, classes, { act: `${act} from the test data`, taskLabels, numClasses }),
    isTaskIncremental: taskLabels,
  });
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
