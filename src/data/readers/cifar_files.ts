import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { elementAt } from "../../core/element_at.ts";
import { needs, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { text } from "../../core/options/value_rules.ts";
import { createSharedInt32, createSharedUint8 } from "../../core/shared/shared_memory.ts";
import type { LabelledImages } from "./labelled_images.ts";
import { readBytes } from "./read_bytes.ts";

/** The two halves of CIFAR-10 or CIFAR-100. */
export interface CIFARFiles {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** How the official archive of a data set is made up. */
interface CIFARLayout {
  readonly dataSet: string;
  readonly archive: string;
  /** The folder in the archive. */
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: string;
  /** Bytes before the pixels of a row; the last is the class id that is used. */
  readonly labelBytes: number;
  readonly numClasses: number;
}

const CIFAR10: CIFARLayout = {
  dataSet: "CIFAR-10",
  archive: "cifar-10-binary.tar.gz",
  folder: "cifar-10-batches-bin",
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: "test_batch.bin",
  labelBytes: 1,
  numClasses: 10,
};

const CIFAR100: CIFARLayout = {
  dataSet: "CIFAR-100",
  archive: "cifar-100-binary.tar.gz",
  folder: "cifar-100-binary",
  train: ["train.bin"],
  test: "test.bin",
  labelBytes: 2,
  numClasses: 100,
};

const SIDE = 32;
const PLANE = SIDE * SIDE;
const FOLDER_RULES: OptionRules<{ folder?: string | undefined }> = { folder: text() };
const loaded = new Map<string, Promise<CIFARFiles>>();

/**
 * CIFAR-10 (Krizhevsky 2009, Learning multiple layers of features from tiny images): 50000 and 10000 images of 32 × 32
 * in colour, from the six .bin files of its binary version, in `folder` or in its folder cifar-10-batches-bin. A folder
 * is read once in a process.
 * @throws {Error} If a file is missing: the message says which are wanted. {SyntaxError} If one is broken.
 */
export async function loadCIFAR10(options: { folder?: string | undefined }): Promise<CIFARFiles> {
  assertOptions("loadCIFAR10", options, FOLDER_RULES);
  return loadOnce(options.folder, CIFAR10);
}

/**
 * CIFAR-100 with its hundred fine labels, in the same sizes, from train.bin and test.bin of its binary version, in
 * `folder` or in its folder cifar-100-binary. A folder is read once in a process.
 * @throws {Error} If a file is missing: the message says which are wanted. {SyntaxError} If one is broken.
 */
export async function loadCIFAR100(options: { folder?: string | undefined }): Promise<CIFARFiles> {
  assertOptions("loadCIFAR100", options, FOLDER_RULES);
  return loadOnce(options.folder, CIFAR100);
}

async function loadOnce(folder: string | undefined, layout: CIFARLayout): Promise<CIFARFiles> {
  const found = await findFolder(folder, layout);
  const key = `${layout.dataSet} ${resolve(found)}`;
  let files = loaded.get(key);
  if (!files) {
    files = loadFolder(found, layout);
    loaded.set(key, files);
    // A failure is not kept: the files may be there at the next call.
    files.catch(() => loaded.delete(key));
  }
  return files;
}

/** The folder itself or the archive's in it, whichever holds all files. */
async function findFolder(folder: string | undefined, layout: CIFARLayout): Promise<string> {
  const files = [...layout.train, layout.test];
  const candidates = folder === undefined ? [] : [folder, join(folder, layout.folder)];
  const missing: string[][] = [];
  for (const candidate of candidates) {
    const areThere = await Promise.all(files.map((file) => isThere(join(candidate, file))));
    if (areThere.every(Boolean)) return candidate;
    missing.push(files.filter((_, i) => !areThere[i]));
  }
  const wanted = `the files ${files.join(", ")} of ${layout.archive} (www.cs.toronto.edu/~kriz/cifar.html) in a folder given as --data (in code: folder)`;
  const [fewest = []] = missing.sort((a, b) => a.length - b.length);
  const got = folder === undefined ? "no folder" : `${folder} without ${fewest.join(", ")}`;
  throw new RefusalError(needs(`${layout.dataSet}`, wanted, got));
}

async function loadFolder(folder: string, layout: CIFARLayout): Promise<CIFARFiles> {
  const train = await loadRows(
    layout.train.map((file) => join(folder, file)),
    layout,
  );
  return { train, test: await loadRows([join(folder, layout.test)], layout) };
}

async function loadRows(paths: readonly string[], { labelBytes, numClasses }: CIFARLayout): Promise<LabelledImages> {
  const rowBytes = labelBytes + 3 * PLANE;
  const files = [];
  for (const path of paths) {
    const bytes = await readBytes(path);
    if (bytes.length === 0 || bytes.length % rowBytes !== 0) {
      const wanted = `rows of ${rowBytes} bytes, ${labelBytes} of them labels`;
      throw new SyntaxRefusal(needs(`${JSON.stringify(path)}`, wanted, `${bytes.length} bytes`));
    }
    files.push({ path, bytes, rows: bytes.length / rowBytes });
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const images = createSharedUint8(rows * 3 * PLANE);
  const labels = createSharedInt32(rows);
  let at = 0;
  for (const { path, bytes, rows: count } of files) {
    for (let row = 0; row < count; row++, at++) {
      const start = row * rowBytes + labelBytes;
      const label = elementAt(bytes, start - 1);
      if (label >= numClasses) {
        const wanted = `labels from 0 to ${numClasses - 1} in row ${row}`;
        throw new SyntaxRefusal(needs(`${JSON.stringify(path)}`, wanted, label));
      }
      labels[at] = label;
      interleave(bytes.subarray(start, start + 3 * PLANE), images.subarray(at * 3 * PLANE, (at + 1) * 3 * PLANE));
    }
  }
  return { images, labels, height: SIDE, width: SIDE, channels: 3 };
}

/** Three planes, [3, H, W], to three values a pixel, [H, W, 3]. */
function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let c = 0, from = 0; c < 3; c++) {
    for (let at = c; at < pixels.length; at += 3, from++) pixels[at] = planes[from] ?? 0;
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
