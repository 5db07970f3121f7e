import { join } from "node:path";
import { cannot, RangeRefusal, RefusalError } from "../core/errors.ts";
import { RandomStream } from "../core/random_stream.ts";
import type { Augmentation } from "../data/augmentation.ts";
import { findClassIds } from "../data/class_names.ts";
import { CsvColumns } from "../data/csv/csv_columns.ts";
import { Dataset } from "../data/dataset.ts";
import { FOLDER_CONTENTS, listFolder, readSampleFolder, type SampleFileOptions } from "../data/read_sample_folder.ts";
import { createBenchmark, type StreamOptions } from "./benchmark.ts";
import { type DealtScenario, dealDatasets } from "./deal_datasets.ts";
import type { Benchmark } from "./experience.ts";
import { createFolderDatasets } from "./folder_datasets.ts";
import { splitValidation } from "./split_experience.ts";
import type { ExperienceData } from "./stream.ts";

/** What `directoryBenchmark` takes. */
export interface DirectoryOptions extends StreamOptions, SampleFileOptions {
  /** A folder with the folders "train" and "test", each with a folder an experience; or with a folder an experience. */
  readonly path: string;
  /**
   * Where there is no folder "test": the share of every class of an experience that is kept for it; 0.2 unless given.
   */
  readonly testSize?: number | undefined;
  /** Subtracted from every value (of bytes, after they were divided by 255): one number, or one a channel. */
  readonly mean?: readonly number[] | undefined;
  /** What the result is divided by; as many as there are means. */
  readonly std?: readonly number[] | undefined;
  /** What training does to images at random; nothing unless given. */
  readonly augmentation?: Augmentation | null | undefined;
  /**
   * "folders": one an experience; else the samples of all folders are put together and dealt anew. "folders" unless
   * given.
   */
  readonly scenario?: "folders" | DealtScenario | undefined;
  /** Where they are dealt: to how many experiences; 5 unless given. */
  readonly experiences?: number | undefined;
  /** Where classes are dealt: every label once, in the order in which they come; random unless given. */
  readonly classOrder?: readonly (number | string)[] | undefined;
  /** The label of each class id, where they are settled already; left out: the labels that occur, in their order. */
  readonly classNames?: readonly string[] | undefined;
  /** Where samples are dealt: every experience gets the same share of each class; false unless given. */
  readonly balanced?: boolean | undefined;
  /** Experience i carries the task label i; false unless given. */
  readonly taskLabels?: boolean | undefined;
}

/**
 * A benchmark from files of one's own: `path/train/EXPERIENCE/…` and `path/test/EXPERIENCE/…` with the same experiences
 * in both, or `path/EXPERIENCE/…` alone. Experiences come in the natural order of their names ("exp2" before "exp10");
 * what they may hold, see `readSampleFolder`. Bytes are divided by 255. Class ids 0, 1, 2 … stand for the labels that
 * occur, in train and test together: numbers ascending, names in natural order. `classNames` says which.
 * @throws {Error} If a folder or file is missing, broken or does not fit the others; the message names it.
 * @example const benchmark = await directoryBenchmark({ path: "my-data", imageSize: { height: 32, width: 32 } });
 */
export async function directoryBenchmark(options: DirectoryOptions): Promise<Benchmark> {
  const { path, testSize, taskLabels = false, scenario = "folders", seed = 0 } = options;
  const act = `read the directory ${JSON.stringify(path)}`;
  const { names, parts } = await findExperiences(path, act);
  if (parts.length === 2 && testSize !== undefined) {
    throw new RangeRefusal(cannot(act, 'no testSize, as there is a folder "test"', testSize));
  }
  const folders = parts.flatMap((part) => names.map((name) => [part, name].filter((word) => word !== "").join("/")));
  const columns = new CsvColumns(options);
  const samples = [];
  // One after another: a folder may be large.
  for (const folder of folders) samples.push(await readSampleFolder(join(path, folder), options, columns));
  columns.assertUsed(path);
  const named = samples.map((part, i) => ({
    ...part,
    name: folders[i] ?? "",
    taskLabel: taskLabels && scenario === "folders" ? i % names.length : 0,
  }));
  const { datasets, ...made } = createFolderDatasets(named, {
    ...options,
    augmentation: options.augmentation ?? undefined,
  });
  const halves =
    parts.length === 2
      ? { train: datasets.slice(0, names.length), test: datasets.slice(names.length) }
      : holdOutTest(datasets, { testSize: testSize ?? 0.2, seed, act });
  if (scenario !== "folders") {
    const [train, test] = [Dataset.concat(halves.train), Dataset.concat(halves.test)];
    const classOrder = options.classOrder && findClassIds("classOrder", options.classOrder, made.classNames);
    return dealDatasets({ ...options, ...made, classOrder, name: "directory", scenario, train, test });
  }
  assertUndealt(options, act);
  const toData = (list: typeof datasets): ExperienceData[] => list.map((dataset) => ({ dataset }));
  return createBenchmark({
    ...options,
    ...made,
    name: "directory",
    train: toData(halves.train),
    test: toData(halves.test),
    isTaskIncremental: taskLabels,
  });
}

function assertUndealt({ experiences, classOrder, balanced }: DirectoryOptions, act: string): void {
  const wanted = "scenario=class-incremental or new-instances";
  if (experiences !== undefined) throw new RangeRefusal(cannot(act, `${wanted} beside experiences`, "folders"));
  if (classOrder) throw new RangeRefusal(cannot(act, `${wanted} beside classOrder`, "folders"));
  if (balanced) throw new RangeRefusal(cannot(act, "scenario=new-instances beside balanced", "folders"));
}

interface FoundExperiences {
  /** Natural order. */
  readonly names: readonly string[];
  /** "train" and "test", or "" where experiences lie in the folder itself. */
  readonly parts: readonly string[];
}

async function findExperiences(path: string, act: string): Promise<FoundExperiences> {
  const { folders } = await listFolder(path);
  const isSplit = folders.includes("train") || folders.includes("test");
  if (!isSplit) {
    if (folders.length > 0) return { names: folders, parts: [""] };
    const wanted = `the folders "train" and "test", or a folder for each experience (with ${FOLDER_CONTENTS})`;
    throw new RefusalError(cannot(act, wanted, "none"));
  }
  if (folders.join() !== "test,train")
    throw new RefusalError(cannot(act, 'the folders "train" and "test" alone', folders));
  const [train, test] = await Promise.all(["train", "test"].map(async (part) => listFolder(join(path, part))));
  const [names, others] = [train?.folders ?? [], test?.folders ?? []];
  if (names.length === 0)
    throw new RefusalError(cannot(`${act}, train`, "a folder for each experience", train?.files ?? []));
  if (names.join("/") !== others.join("/")) {
    throw new RefusalError(cannot(`${act}, test`, `the experiences of train (${names.join(", ")})`, others));
  }
  return { names, parts: ["train", "test"] };
}

function holdOutTest<Data extends ExperienceData["dataset"]>(
  datasets: readonly Data[],
  { testSize, seed, act }: { readonly testSize: number; readonly seed: number; readonly act: string },
): { train: ExperienceData["dataset"][]; test: ExperienceData["dataset"][] } {
  if (!(testSize > 0 && testSize < 1))
    throw new RangeRefusal(cannot(act, "testSize to be above 0 and below 1", testSize));
  const random = new RandomStream(seed, "test-split");
  const halves = datasets.map((dataset) => splitValidation(dataset, { validationSize: testSize, random }));
  return { train: halves.map(({ train }) => train), test: halves.map(({ valid }) => valid) };
}
