import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { CsvColumns } from "../../../data/csv/csv_columns.ts";
import { Dataset } from "../../../data/dataset.ts";
import { WANTED_SIZE_RULES } from "../../../data/images/resize_image.ts";
import { findClassIds } from "../../../data/readers/class_names.ts";
import type { LabelledSamples } from "../../../data/readers/labelled_samples.ts";
import { readSampleFolder } from "../../../data/readers/read_sample_folder.ts";
import { settleSamples } from "../../../data/readers/settle_samples.ts";
import { createBenchmark } from "../../benchmark.ts";
import type { Benchmark } from "../../experience.ts";
import { DEFAULT_EXPERIENCES } from "../class_counts.ts";
import { dealDatasets } from "../deal_datasets.ts";
import type { DealtScenario } from "../image_options.ts";
import { DIRECTORY_OPTIONS, type DirectoryOptions } from "./directory_options.ts";
import { joinKeyed, type KeyedSamples, splitByKey } from "./divide_by_keys.ts";
import { findExperienceFolders } from "./find_experience_folders.ts";
import { createFolderDatasets } from "./folder_datasets.ts";
import { type HoldOutNeeds, holdOutTest } from "./hold_out.ts";
import { assertUndealtKeys, createKeyedBenchmark } from "./keyed_benchmark.ts";

/**
 * A benchmark from files of one's own: `path/train/EXPERIENCE/…` and `path/test/EXPERIENCE/…` with the same experiences
 * in both (one that is not in "test" is not evaluated), or `path/EXPERIENCE/…` alone; then those of each folder in
 * `more`. Experiences come in the natural order of their names ("exp2" before "exp10"), or as `experienceNames` says;
 * what they may hold, see `readSampleFolder`. Bytes are divided by 255. Class ids 0, 1, 2 … stand for the labels that
 * occur, in train and test together: numbers ascending, names in natural order. `classNames` says which. Targets may be
 * numbers instead: `targets`, `labels` and `labelSeparator` say which columns hold them.
 * @throws {Error} If a folder or file is missing, broken or does not fit the others; the message names it.
 * @example const benchmark = await directoryBenchmark({ path: "my-data", imageSize: { height: 32, width: 32 } });
 */
export async function directoryBenchmark(options: DirectoryOptions): Promise<Benchmark> {
  assertOptions("directoryBenchmark", options, DIRECTORY_OPTIONS);
  if (options.imageSize) assertOptions("directoryBenchmark: imageSize", options.imageSize, WANTED_SIZE_RULES);
  const { path, testSize, testsAll = false, taskLabels = false, seed = 0 } = options;
  const { names, parts, tested, isUndivided, locate } = await findExperienceFolders(options);
  const isByKey = options.experienceColumn !== undefined || options.orderColumn !== undefined;
  const isByFolder = !isByKey && (options.scenario === "folders" || (options.scenario === undefined && !isUndivided));
  if (isByKey) assertUndealtKeys(options, isUndivided);
  if (isByKey || isByFolder) assertUndealt(options, { isUndivided, isByKey });
  if (options.splitColumn !== undefined && (parts.length === 2 || testSize !== undefined)) {
    throw new RangeRefusal(`${path}: splitColumn cannot be used with a folder "test", or with testSize`);
  }
  if (parts.length === 2 && testSize !== undefined) {
    throw new RangeRefusal(`${path}: testSize requires a folder without "test", got ${testSize}`);
  }
  if (testsAll && (parts.length === 2 || (testSize ?? 0) > 0)) {
    throw new RangeRefusal(`${path}: testsAll requires a folder without "test", and no testSize beside it`);
  }
  const folders = parts.flatMap((part) =>
    (part === "test" ? names.filter((name) => tested.includes(name)) : names).map((name) => ({
      name,
      place: locate(part, name),
      folder: [part, name].filter((word) => word !== "").join("/"),
    })),
  );
  const columns = new CsvColumns(options);
  const keepsSizes = options.imageSize === undefined && resizesFirst(options);
  const found = [];
  // One after another: a folder may be large.
  for (const { place } of folders) found.push(await readSampleFolder(place, { ...options, keepsSizes }, columns));
  const samples = await settleSamples(found, options.cacheBytes);
  columns.assertUsed(path);
  const labelled = samples.find(({ tasks }) => tasks);
  if (taskLabels && labelled) {
    throw new RangeRefusal(`${labelled.path}: has task labels of its own, which exclude taskLabels=true`);
  }
  const named = samples.map((part, i) => ({
    ...part,
    name: elementAt(folders, i).folder || "samples",
    taskLabel: taskLabels && isByFolder ? names.indexOf(elementAt(folders, i).name) : 0,
  }));
  const scenario = isByFolder || isByKey ? "folders" : chooseScenario(options, samples);
  const { datasets, ...made } = await createFolderDatasets(named, {
    ...options,
    keepsSizes,
    augmentation: options.augmentation ?? undefined,
  });
  const keyed = datasets.map((dataset, i) => ({ dataset, keys: samples[i]?.keys }));
  if (isByKey) {
    const [train, test] = [keyed.slice(0, names.length), keyed.slice(names.length)].map(joinKeyed);
    const split = options.splitColumn !== undefined;
    const divided = split
      ? splitByKey(joinKeyed(keyed), path)
      : { train: train ?? joinKeyed(keyed), test: parts.length === 2 ? test : undefined, valid: undefined };
    return { ...createKeyedBenchmark(divided, made, options), featureNames: columns.features };
  }
  const sourceNames = named.map(({ name }) => name);
  const needs = chooseNeeds(scenario, made.classNames);
  const halves = testsAll
    ? { train: datasets, test: datasets }
    : options.splitColumn !== undefined
      ? splitEach(keyed, path)
      : parts.length === 2
        ? { train: datasets.slice(0, names.length), test: placeTests(datasets.slice(names.length), names, tested) }
        : holdOutTest(datasets, { testSize: testSize ?? 0.2, seed, names: sourceNames, subject: path, needs });
  if (scenario !== "folders") {
    const [train, test] = [Dataset.concat(halves.train), Dataset.concat(halves.test)];
    const toIds = (option: string, labels: readonly (string | number)[]) =>
      findClassIds(option, labels, made.classNames);
    const { classOrder: order, fixedExperienceAssignment: fixed } = options;
    const fixedExperienceAssignment = fixed?.map((list) =>
      scenario === "class-incremental" ? toIds("fixedExperienceAssignment", list) : list.map(Number),
    );
    const classOrder = order && toIds("classOrder", order);
    const numDealt = (options.leaveOutClasses ? classOrder?.length : undefined) ?? made.numClasses;
    const experiences = countExperiences(options, scenario === "class-incremental" ? numDealt : train.length);
    const assignment = { classOrder, fixedExperienceAssignment, experiences };
    const dealt = { ...options, ...made, ...assignment, name: "directory", scenario, train, test };
    return { ...dealDatasets(dealt), featureNames: columns.features };
  }
  const train = halves.train.map((dataset, i) => ({ dataset, name: elementAt(names, i) }));
  const test = halves.test.map((dataset, i) => {
    const name = elementAt(names, i);
    return { dataset, name, isUntested: !tested.includes(name) || dataset.length === 0 };
  });
  const streams = { train, test, isTaskIncremental: taskLabels };
  return { ...createBenchmark({ ...options, ...made, name: "directory", ...streams }), featureNames: columns.features };
}

/** Whether transforms begin by bringing images to a size, in training and at other times, whatever size they have. */
function resizesFirst({ transforms, evalTransforms = transforms }: DirectoryOptions): boolean {
  return [transforms, evalTransforms].every((list) =>
    ["resize", "random-resized-crop"].includes(list?.[0]?.kind ?? ""),
  );
}

/** Train and test samples of each data set, by what a column says. */
function splitEach(keyed: readonly KeyedSamples[], path: string): { train: Dataset[]; test: Dataset[] } {
  const halves = keyed.map((samples) => splitByKey(samples, path));
  if (halves.some(({ valid }) => valid)) {
    throw new RangeRefusal(`${path}: a split for validation requires experienceColumn or orderColumn`);
  }
  if (!halves.some(({ test }) => test))
    throw new RangeRefusal(`${path}: splitColumn must have rows of the split "test"`);
  return {
    train: halves.map(({ train }) => train.dataset),
    test: halves.map(({ test }) => test?.dataset ?? Dataset.empty()),
  };
}

/** A data set for each experience, without samples where there is nothing to test it on. */
function placeTests(datasets: readonly Dataset[], names: readonly string[], tested: readonly string[]): Dataset[] {
  const own = datasets.values();
  return names.map((name) => (tested.includes(name) ? own.next().value : undefined) ?? Dataset.empty());
}

/** How many experiences are dealt to: 5, or fewer where there are fewer things to deal, unless an option says it. */
function countExperiences(options: DirectoryOptions, most: number): number | undefined {
  const { experiences, classesPerExperience, fixedExperienceAssignment } = options;
  if (experiences !== undefined || Array.isArray(classesPerExperience) || fixedExperienceAssignment) return experiences;
  return Math.min(DEFAULT_EXPERIENCES, most);
}

/** Options that say something of classes that are dealt. */
const CLASS_OPTIONS = [
  "classOrder",
  "classesPerExperience",
  "leaveOutClasses",
  "classIdsFromZeroFromFirstExperience",
  "classIdsFromZeroInEachExperience",
] as const;

function assertUndealt(
  { path, experiences, balanced, minClassPatternsInExperience: least = 0, ...options }: DirectoryOptions,
  { isUndivided, isByKey }: { readonly isUndivided: boolean; readonly isByKey: boolean },
): void {
  if (isUndivided && !isByKey)
    throw new RangeRefusal(`${path}: scenario "folders" requires a folder for each experience`);
  const dealt = 'scenario "class-incremental" or "new-instances"';
  if (experiences !== undefined && !isByKey)
    throw new RangeRefusal(`${path}: experiences requires ${dealt}, got "folders"`);
  for (const option of CLASS_OPTIONS) {
    if (options[option])
      throw new RangeRefusal(`${path}: ${option} requires scenario "class-incremental", got "folders"`);
  }
  if (options.fixedExperienceAssignment) {
    throw new RangeRefusal(`${path}: fixedExperienceAssignment requires ${dealt}, got "folders"`);
  }
  if (least > 0) {
    throw new RangeRefusal(`${path}: minClassPatternsInExperience requires scenario "new-instances", got "folders"`);
  }
  if (balanced) throw new RangeRefusal(`${path}: balanced requires scenario "new-instances", got "folders"`);
}

/** @throws {RangeRefusal} If classes are to be dealt where there are none. */
function chooseScenario(
  { path, scenario }: DirectoryOptions,
  samples: readonly Pick<LabelledSamples, "floatTargets">[],
): DealtScenario {
  const hasClasses = samples.every(({ floatTargets }) => floatTargets === undefined);
  if (scenario === "class-incremental" && !hasClasses) {
    throw new RangeRefusal(`${path}: scenario "class-incremental" requires classes, and the targets are numbers`);
  }
  return scenario === "new-instances" || !hasClasses ? "new-instances" : "class-incremental";
}

/** An experience may get any class that is dealt, and so needs samples of each to train and to test on. */
function chooseNeeds(scenario: "folders" | DealtScenario, names: readonly string[]): HoldOutNeeds {
  if (scenario === "class-incremental") return { kind: "classes", names };
  return { kind: scenario === "folders" ? "datasets" : "samples" };
}
