import { basename, dirname, extname, join, resolve } from "node:path";
import { RangeRefusal, RefusalError } from "../../../core/errors/errors.ts";
import { IMAGE_EXTENSIONS } from "../../../data/images/image_format.ts";
import { isFilePattern } from "../../../data/readers/file_pattern.ts";
import { FOLDER_CONTENTS, listFolder } from "../../../data/readers/read_sample_folder.ts";

/** Where the samples of a benchmark lie below one folder. */
export interface SampleFolders {
  /**
   * The experiences' folders in natural order; [""] where the samples lie there undivided: one set, to be dealt to
   * experiences.
   */
  readonly names: readonly string[];
  /** "train" and "test", or [""] where experiences or samples lie in the folder itself. */
  readonly parts: readonly string[];
  /** Those of `names` that have samples to test on: where there is a folder "test", those that are in it, too. */
  readonly tested: readonly string[];
  /** True where `names` is [""]. */
  readonly isUndivided: boolean;
}

const UNDIVIDED = [""];

/** What people keep the labels of images in. */
const TABLE_NAME = /\.(csv|tsv|txt|json|jsonl|parquet|xlsx)(\.gz)?$/i;

/**
 * Finds out how a folder is arranged, from what it holds: the folders "train" and "test" or none, and in them (or in
 * itself) a folder for each experience, or samples: files, or a folder of images for each class. A path of files is
 * samples.
 * @param testPath Where samples to test on lie that are not in the folder.
 * @throws {RefusalError} If it is arranged otherwise, or lies within the folder that is meant.
 */
export async function findSampleFolders(
  path: string,
  { testSize, testPath }: { readonly testSize?: number | undefined; readonly testPath?: string | undefined },
): Promise<SampleFolders> {
  const parts = testPath === undefined ? [""] : ["train", "test"];
  if (await isFilePattern(path)) return { names: UNDIVIDED, parts, tested: UNDIVIDED, isUndivided: true };
  const { folders, files } = await listFolder(path);
  // Whoever says how much of it is kept for testing means this folder.
  if (testSize === undefined) await assertNotWithin(path);
  if (!(await isSplit(path, folders))) {
    assertApart(path, files);
    const names = await findExperiences(path);
    const isUndivided = names === UNDIVIDED;
    if (testPath !== undefined && !isUndivided) {
      throw new RangeRefusal(`${path}: testPath requires samples that no folders of experiences divide`);
    }
    return { names, parts, tested: names, isUndivided };
  }
  if (testPath !== undefined) throw new RangeRefusal(`${path}: testPath cannot be used with a folder "test"`);
  const [train, test] = [join(path, "train"), join(path, "test")];
  for (const part of [train, test]) await assertNoBareImages(part);
  const [names, tested] = [await findExperiences(train), await findExperiences(test)];
  if (!tested.every((name) => names.includes(name))) {
    throw new RefusalError(`${test}: must hold ${describeNames(names)} as ${train}, got ${describeNames(tested)}`);
  }
  return { names, parts: ["train", "test"], tested, isUndivided: names === UNDIVIDED };
}

/** Whether a folder is parted into "train" and "test": among classes, "train" may be a vehicle. */
async function isSplit(path: string, folders: readonly string[]): Promise<boolean> {
  if (!folders.includes("train") && !folders.includes("test")) return false;
  if (folders.join() === "test,train") return true;
  const inside = await Promise.all(folders.map((name) => listFolder(join(path, name))));
  if (inside.every(({ files }) => files.some(isImage))) return false;
  throw new RefusalError(`${path}: must hold the folders "train" and "test" alone, got ${quote(folders)}`);
}

/** The experiences in a folder; [""] where it holds samples itself. */
async function findExperiences(path: string): Promise<readonly string[]> {
  const { folders, files } = await listFolder(path);
  if (folders.length === 0) {
    if (files.some(isImage)) {
      const table = files.find((name) => TABLE_NAME.test(name));
      if (table !== undefined) {
        const advice = "sort the images into a folder for each class, or write both into .parquet or .tar files";
        throw new RefusalError(`${path}: holds images and "${table}"; a table does not name images: ${advice}`);
      }
      throw new RefusalError(`${path}: holds images of one class; point at the folder above, or higher`);
    }
    if (files.length > 0) return UNDIVIDED;
    throw new RefusalError(`${path}: must hold a folder for each experience, or samples: ${FOLDER_CONTENTS}`);
  }
  const [classes, experiences]: [string[], string[]] = [[], []];
  for (const name of folders) {
    const inside = await listFolder(join(path, name));
    if (inside.folders.join() === "test,train") {
      throw new RefusalError(`${path}: point at ${join(path, name)}, which holds "train" and "test"`);
    }
    const isClass = inside.files.some(isImage);
    if (isClass && inside.folders.length > 0) {
      throw new RefusalError(`${join(path, name)}: must hold images or folders, got both`);
    }
    (isClass ? classes : experiences).push(name);
  }
  if (classes.length === 0) return experiences;
  if (experiences.length === 0) return UNDIVIDED;
  const [some, others] = [quote(classes), quote(experiences)];
  throw new RefusalError(
    `${path}: must hold folders of experiences or of classes, got both: images in ${some}, none in ${others}`,
  );
}

/** Images without a class: the folder above would not help here. */
async function assertNoBareImages(part: string): Promise<void> {
  const { folders, files } = await listFolder(part);
  if (folders.length > 0 || !files.some(isImage)) return;
  throw new RefusalError(`${part}: must hold a folder of images for each class, got images`);
}

/** Train and test files side by side would be joined, and then parted at random. */
function assertApart(path: string, files: readonly string[]): void {
  const astray = files.filter((name) => /^(?:train|test)\b/i.test(name));
  if (astray.length < 2) return;
  throw new RefusalError(`${path}: must hold ${quote(astray)} in the folders "train" and "test"`);
}

/** A folder that lies in the "train" or "test" of another one is a piece of what is meant. */
async function assertNotWithin(path: string): Promise<void> {
  const whole = resolve(path);
  for (let at = whole; dirname(at) !== at && at !== resolve(whole, "../../../.."); at = dirname(at)) {
    if (basename(at) !== "train" && basename(at) !== "test") continue;
    const { folders } = await listFolder(dirname(at));
    if (folders.join() !== "test,train") continue;
    const above = at === whole ? "the folder above" : dirname(at);
    throw new RefusalError(`${path}: point at ${above}, which holds "train" and "test", or set testSize`);
  }
}

function describeNames(names: readonly string[]): string {
  return names.join() === "" ? "samples" : `the experiences ${quote(names)}`;
}

function isImage(name: string): boolean {
  return IMAGE_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase());
}

function quote(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => JSON.stringify(name));
  return names.length > 8 ? `${shown.join(", ")}, … ${names.length} in all` : shown.join(", ");
}
