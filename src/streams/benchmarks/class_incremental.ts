import { valueAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import type { Dataset } from "../../data/dataset.ts";
import { describeTargetForm } from "../../data/float_targets.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { relabelTasks } from "../../data/transforms/relabel_tasks.ts";
import { createBenchmark } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { ExperienceData } from "../stream.ts";
import { assignClasses } from "./assign_classes.ts";
import { renumberDealt } from "./class_ids.ts";
import { CLASS_INCREMENTAL_RULES, type ClassIncrementalOptions } from "./class_incremental_options.ts";
import { numberDatasets, renumberClasses } from "./renumber_labels.ts";

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
  const { targetForm } = options.train;
  if (targetForm.kind !== "classes") {
    throw new RangeRefusal(needs(act, "class ids to deal to experiences", describeTargetForm(targetForm)));
  }
  const { datasets, classNames } = numberDatasets([options.train, options.test], options.numClasses);
  const [train = options.train, test = options.test] = datasets;
  const numClasses = classNames.length;
  const names = options.classNames ?? classNames;
  const classes = assignClasses(options, { labels: classNames });
  const { idOf, ...ids } = renumberDealt(options, classes, names) ?? { idOf: undefined, classNames: names };
  const select = (dataset: Dataset, part: string) =>
    selectExperiences(dataset, classes, { act: `${act} from the ${part} data`, taskLabels, numClasses, idOf });
  return createBenchmark({
    ...options,
    ...ids,
    numClasses: ids.classNames.length,
    train: select(train, "train"),
    test: select(test, "test"),
    isTaskIncremental: taskLabels,
  });
}

/** How the classes of one data set are dealt. */
interface Selection {
  /** What messages begin with. */
  readonly act: string;
  readonly taskLabels: boolean;
  readonly numClasses: number;
  /** What class ids become; undefined where they stay. */
  readonly idOf: ReadonlyMap<number, number> | undefined;
}

function selectExperiences(
  dataset: Dataset,
  classes: readonly (readonly number[])[],
  { act, taskLabels, numClasses, idOf }: Selection,
): ExperienceData[] {
  const positions = groupPositions(dataset.targets);
  for (const id of positions.keys()) {
    if (id < 0 || id >= numClasses) {
      throw new RangeRefusal(needs(act, `labels from 0 to ${numClasses - 1}`, id));
    }
  }
  const [renumbered = dataset] = idOf ? renumberClasses([dataset], idOf) : [];
  return classes.map((ids, index) => {
    const chosen = Int32Array.from(ids.flatMap((id) => Array.from(positions.get(id) ?? []))).sort();
    const selected = renumbered.subset(chosen).dropUnusedSources();
    const newIds = idOf ? ids.map((id) => valueAt(idOf, id)) : ids;
    return { dataset: taskLabels ? relabelTasks(selected, index) : selected, classes: newIds };
  });
}
