import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { isSystemError, withFileNamed } from "../../core/errors/system_error.ts";
import { listFolder } from "../../data/readers/read_sample_folder.ts";

/** Where the versions of a model lie. */
export type ModelPlace =
  /** Files with a number in their name, or folders of that number with model.onnx in them. */
  { readonly kind: "folder"; readonly path: string } | { readonly kind: "file"; readonly path: string };

/** A file that is a version of a model. */
export interface VersionFile {
  /** A whole number: the experience that the model was trained on last, where the file is a run's. */
  readonly version: string;
  readonly path: string;
  /** Changes when the file is written again. */
  readonly mark: string;
}

/**
 * Where the versions lie that a path stands for: a run's folder, a folder of files, or one file. An empty folder waits
 * for files.
 * @throws {RefusalError} If there is no such path, or it is a folder of something else.
 */
export async function findModelPlace(path: string): Promise<ModelPlace & { readonly isRun: boolean }> {
  const found = await withFileNamed(path, () => stat(path));
  if (!found.isDirectory()) return { kind: "file", path, isRun: false };
  const isRun = await isFile(join(path, "config.json"));
  if (isRun) return createRunPlace(path);
  const exports = join(path, "onnx");
  if (await isFolder(exports)) return { kind: "folder", path: exports, isRun };
  const place = { kind: "folder", path } as const;
  if ((await listVersionFiles(place)).length === 0) await assertEmpty(path);
  return { ...place, isRun };
}

/** @throws {RefusalError} If a folder without versions holds anything but a journal: it is one of something else. */
async function assertEmpty(path: string): Promise<void> {
  const { folders, files } = await listFolder(path);
  if (folders.length + files.length === 0) return;
  const wanted = "a run's folder, or ONNX files with a number in their name";
  const runs = await Promise.all(folders.map((name) => isFile(join(path, name, "config.json"))));
  const run = folders.find((_, i) => runs[i]);
  const advice = run === undefined ? "" : `: serve one of its runs, such as ${join(path, run)}`;
  throw new RefusalError(`${path} holds no model to serve, which needs ${wanted}${advice}`);
}

/** Where a run exports its models, once it has begun. */
export function createRunPlace(path: string): ModelPlace & { readonly isRun: boolean } {
  return { kind: "folder", path: join(path, "onnx"), isRun: true };
}

/** The versions in a place, oldest first. A folder that is not there yet has none. */
export async function listVersionFiles(place: ModelPlace): Promise<readonly VersionFile[]> {
  const paths = place.kind === "file" ? [place.path] : await listPaths(place.path);
  const files = new Map<string, VersionFile>();
  for (const path of paths) {
    const version = readVersion(path) ?? (place.kind === "file" ? "1" : undefined);
    const mark = version === undefined ? undefined : await readMark(path);
    if (version !== undefined && mark !== undefined) files.set(version, { version, path, mark });
  }
  return [...files.values()].sort((a, b) => Number(a.version) - Number(b.version));
}

/** The number at the end of a file's name, or that of the folder with a model.onnx: "experience-003.onnx" is 3. */
function readVersion(path: string): string | undefined {
  const name = basename(path) === "model.onnx" ? basename(join(path, "..")) : basename(path, ".onnx");
  const [digits] = /\d+$/.exec(name) ?? [];
  return digits === undefined || digits.length > 15 ? undefined : String(Number(digits));
}

async function listPaths(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isSystemError(error) && error.code === "ENOENT") return [];
    throw isSystemError(error)
      ? new RefusalError(`${folder}: it cannot be read: ${error.code}`, { cause: error })
      : error;
  });
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return /^\d+$/.test(entry.name) ? [join(folder, entry.name, "model.onnx")] : [];
    return entry.name.endsWith(".onnx") ? [join(folder, entry.name)] : [];
  });
}

async function readMark(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    // Whole milliseconds: runtimes differ in the fractions, and a journal outlives the one that wrote it.
    return `${size}-${Math.floor(mtimeMs)}-${ino}`;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
