import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { cannot, describeCause, RefusalError, SyntaxRefusal } from "../core/errors.ts";
import { compareNaturally } from "../core/natural_order.ts";
import { joinArrays } from "./array_files.ts";
import { parseCsv } from "./csv_reader.ts";
import { tabulateLabels } from "./label_table.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import { readNpyPair, readNpz } from "./read_arrays.ts";
import { readBytes } from "./read_bytes.ts";
import { readImageFolders } from "./read_image_folders.ts";
import type { WantedSize } from "./resize_image.ts";

/** How files of one's own are read. */
export interface SampleFileOptions {
  /** The column of CSV files that holds the class; "label" unless given. */
  readonly labelColumn?: string | undefined;
  /** What images are brought to; left out, all must be of one size. */
  readonly imageSize?: WantedSize | undefined;
}

/** What a folder of samples may hold, for messages. */
export const FOLDER_CONTENTS =
  "x.npy and y.npy, or .npz files with x and y, or .csv files, or a folder of images for each class";

/**
 * Reads the samples of a folder of one's own, which holds one of: x.npy and y.npy; .npz files with the arrays x and y;
 * .csv files; a folder of images for each class, named after it. Several files of a kind follow each other
 * in natural order; names that begin with a point are passed over.
 * @throws {Error} If a file cannot be read. {SyntaxError} If it is broken or not what it must be. The message names it.
 */
export async function readSampleFolder(path: string, options: SampleFileOptions = {}): Promise<LabelledSamples> {
  const { folders, files } = await listFolder(path);
  const act = `read the samples in ${JSON.stringify(path)}`;
  if (folders.length > 0 && files.length === 0) return readImageFolders(path, { folders, ...options });
  const extensions = new Set(files.map((name) => extname(name).toLowerCase()));
  const [extension] = extensions;
  if (folders.length === 0 && extensions.size === 1) {
    if (extension === ".npy" && files.join() === "x.npy,y.npy") return readNpyPair(path);
    if (extension === ".npz") return joinArrays(path, await readEach(path, files, readNpz));
    if (extension === ".csv") {
      const labelColumn = options.labelColumn ?? "label";
      return joinArrays(path, await readEach(path, files, (file) => readCsv(file, labelColumn)));
    }
  }
  throw new SyntaxRefusal(cannot(act, FOLDER_CONTENTS, [...folders.map((name) => `${name}/`), ...files]));
}

/**
 * The names in a folder, in natural order, without those that begin with a point.
 * @throws {Error} If it cannot be read.
 */
export async function listFolder(path: string): Promise<{ folders: string[]; files: string[] }> {
  const names = await readdir(path).catch((cause: unknown) => {
    const act = `read the folder ${JSON.stringify(path)}`;
    throw new RefusalError(cannot(act, "a folder that can be read", describeCause(cause)), { cause });
  });
  const sorted = names.filter((name) => !name.startsWith(".")).sort(compareNaturally);
  const areFolders = await Promise.all(sorted.map((name) => isFolder(join(path, name))));
  return {
    folders: sorted.filter((_, i) => areFolders[i]),
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

async function readEach(
  folder: string,
  names: readonly string[],
  read: (path: string) => Promise<LabelledSamples>,
): Promise<LabelledSamples[]> {
  const parts: LabelledSamples[] = [];
  // One after another: a file may be large.
  for (const name of names) parts.push(await read(join(folder, name)));
  return parts;
}

async function readCsv(path: string, labelColumn: string): Promise<LabelledSamples> {
  const text = new TextDecoder().decode(await readBytes(path, describeRead(path)));
  const { x, features, labels } = parseCsv(text, { act: describeRead(path), labelColumn });
  return { path, x, sampleShape: [features], labels: tabulateLabels(labels, path) };
}

function describeRead(path: string): string {
  return `read ${JSON.stringify(path)}`;
}
