import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { needs, RangeRefusal, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { describeReason } from "../../core/errors/system_error.ts";
import { compareNaturally } from "../../core/natural_order.ts";
import { CsvColumns } from "../csv/csv_columns.ts";
import { readCsv } from "../csv/read_csv.ts";
import type { SizeChoice } from "../images/outline_collector.ts";
import { readParquetFiles } from "../parquet/read_parquet.ts";
import { readShards } from "../webdataset/read_shards.ts";
import { joinArrays, joinPending } from "./array_files.ts";
import { assertArrayNames } from "./array_parts.ts";
import { isFilePattern, matchFiles } from "./file_pattern.ts";
import type { LabelledSamples, PendingSamples } from "./labelled_samples.ts";
import { readNpyFiles, readNpyParts, readNpz } from "./read_arrays.ts";
import { readImageFolders } from "./read_image_folders.ts";
import type { SampleFileOptions } from "./sample_file_options.ts";

/** What a folder of samples may hold, for messages. */
export const FOLDER_CONTENTS =
  "x.npy and y.npy, or .npz files with x and y, or .csv, .parquet or .tar files, or a folder of images for each class";

/** Values separated by commas or tabs, packed with gzip or not; what is inside decides. */
const CSV_NAME = /\.(csv|tsv)(\.gz)?$/i;

const PARQUET_NAME = /\.(parquet|pq)$/i;

const SHARD_NAME = /\.tar$/i;

/** Beside samples, who said when what they are: what `serve` writes where it collects feedback. */
export const SOURCE_LOG = "source.jsonl";

/** Beside models, what happened to them: the folder and the file in it in which `serve` keeps its journal. */
export const JOURNAL_PATH = ["serving", "journal.jsonl"] as const;

/**
 * Reads the samples of a folder of one's own, which holds one of: x.npy and y.npy; .npz files with the arrays x and y;
 * .csv or .tsv files, .gz or not; .parquet files; .tar shards; a folder of images for each class, named after it.
 * Several files of a kind follow each other in natural order; names that begin with a point are passed over, and
 * source.jsonl. A pattern (`data/*.parquet`) stands for the files that it names.
 * @param columns Those that CSV files have in common with others that were read before.
 * @throws {Error} If a file cannot be read. {SyntaxError} If it is broken or not what it must be. The message names it.
 */
export async function readSampleFolder(
  path: string,
  options: SampleFileOptions & Pick<SizeChoice, "keepsSizes"> = {},
  columns = new CsvColumns(options),
): Promise<LabelledSamples | PendingSamples> {
  const { folder, folders, files: found } = await listSamples(path);
  const files = found.filter((name) => name !== SOURCE_LOG);
  const act = `${path}`;
  if (options.layout !== undefined && !files.some((name) => /\.np[yz]$/i.test(name))) {
    throw new RangeRefusal(`${path}: layout requires arrays, in .npy or .npz files`);
  }
  const { plan } = columns;
  const { arrays, layout } = options;
  if (arrays) assertArrayNames(arrays, { path, files });
  if (folders.length > 0 && files.length === 0) {
    if (plan.kind !== "classes") throw new RangeRefusal(`${path}: folders of images have classes as targets alone`);
    return readImageFolders(path, { folders, ...options });
  }
  const paths = files.map((name) => join(folder, name));
  const { imageSize, keepsSizes } = options;
  if (folders.length === 0 && files.length > 0 && files.every((name) => PARQUET_NAME.test(name))) {
    return readParquetFiles(path, { files: paths, columns, imageSize, keepsSizes });
  }
  if (folders.length === 0 && files.length > 0 && files.every((name) => SHARD_NAME.test(name))) {
    return readShards(path, { files: paths, columns, imageSize, keepsSizes });
  }
  if (imageSize) throw new RangeRefusal(`${path}: imageSize requires images`);
  const extensions = new Set(files.map((name) => extname(name).toLowerCase()));
  const [extension] = extensions;
  if (folders.length === 0 && extensions.size === 1) {
    // Samples of several arrays come joined where `serve` collected them.
    if (extension === ".npy" && !arrays?.includes("x") && /^(t\.npy,)?x\.npy,y\.npy$/.test(files.join())) {
      return readNpyFiles(folder, { layout, plan, hasTasks: files.length === 3 });
    }
    if (extension === ".npy" && arrays && holdsArrays(files, arrays)) {
      return readNpyParts(folder, { arrays, plan, hasTasks: files.includes("t.npy") });
    }
    if (extension === ".npz") {
      return joinArrays(path, await readEach(folder, files, (file) => readNpz(file, { layout, arrays, plan })));
    }
    if (extension === ".npy" && !arrays && files.includes("y.npy") && files.length > 2) {
      const names = files.map((name) => name.slice(0, -".npy".length)).filter((name) => name !== "y" && name !== "t");
      throw new SyntaxRefusal(`${path}: needs x.npy, or arrays=${names.join("|")} for samples of several arrays`);
    }
  }
  if (folders.length === 0 && files.length > 0 && files.every((name) => CSV_NAME.test(name))) {
    return joinPending(path, await readEach(folder, files, (file) => readCsv(file, columns)));
  }
  const contents = arrays ? `${[...arrays, "y"].join(".npy, ")}.npy, or .npz files with these arrays` : FOLDER_CONTENTS;
  throw new SyntaxRefusal(needs(act, contents, [...folders.map((name) => `${name}/`), ...files]));
}

/** What a folder holds, or what a pattern names. */
async function listSamples(path: string): Promise<{ folder: string; folders: string[]; files: string[] }> {
  if (!(await isFilePattern(path))) return { folder: path, ...(await listFolder(path)) };
  const { folder, files } = await matchFiles(path);
  return { folder, folders: [], files: [...files] };
}

/** The arrays that make samples and their labels, perhaps task labels, and nothing else. */
function holdsArrays(files: readonly string[], arrays: readonly string[]): boolean {
  const wanted = new Set([...arrays, "y"].map((name) => `${name}.npy`));
  const [own, others] = [files.filter((name) => wanted.has(name)), files.filter((name) => !wanted.has(name))];
  return own.length === wanted.size && others.every((name) => name === "t.npy");
}

/**
 * The names in a folder, in natural order, without those that begin with a point, and without a folder that holds
 * nothing but a journal of `serve`.
 * @throws {Error} If it cannot be read.
 */
export async function listFolder(path: string): Promise<{ folders: string[]; files: string[] }> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw new RefusalError(`${path}: ${describeReason(cause)}`, { cause });
  });
  const sorted = names.filter((name) => !name.startsWith(".")).sort(compareNaturally);
  const areFolders = await Promise.all(sorted.map((name) => isFolder(join(path, name))));
  const folders = sorted.filter((_, i) => areFolders[i]);
  const [journals, journal] = JOURNAL_PATH;
  const hasJournal = folders.includes(journals) && (await readdir(join(path, journals))).join() === journal;
  return {
    folders: hasJournal ? folders.filter((name) => name !== journals) : folders,
    files: sorted.filter((_, i) => !areFolders[i]),
  };
}

/** A name that leads nowhere counts as a file: reading it says what is wrong. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function readEach<Read>(
  folder: string,
  names: readonly string[],
  read: (path: string) => Promise<Read>,
): Promise<Read[]> {
  const parts: Read[] = [];
  // One after another: a file may be large.
  for (const name of names) parts.push(await read(join(folder, name)));
  return parts;
}
