import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { withFileNamed } from "../../../core/errors/system_error.ts";
import { isFilePattern, matchFiles } from "../../../data/readers/file_pattern.ts";
import { listFolder } from "../../../data/readers/read_sample_folder.ts";

/** A file or folder as it was typed or found, and where it lies once links are followed. */
interface Place {
  readonly shown: string;
  readonly real: string;
}

/**
 * Checks that no samples to train on are samples to test on, wherever links lead.
 * @param path A folder, a file or a pattern, whose samples are trained on.
 * @param testPath One whose samples are tested on.
 * @throws {RefusalError} If a file or folder is named by both, or a folder of one holds what the other names.
 */
export async function assertTestApart(path: string, testPath: string): Promise<void> {
  const [trained, tested] = [await listPlaces(path), await listPlaces(testPath)];
  const known = new Set(trained.map(({ real }) => real));
  const [folder, testFolder] = [findFolder(path, trained), findFolder(testPath, tested)];
  const shared =
    tested.find(({ real }) => known.has(real) || (folder !== undefined && isWithin(real, folder))) ??
    (testFolder === undefined ? undefined : trained.find(({ real }) => isWithin(real, testFolder)));
  if (shared === undefined) return;
  const cure = "let path name samples to train on alone, such as data/train-*.csv";
  throw new RangeRefusal(`${shared.shown}: is in path=${path} and in testPath=${testPath}, too: ${cure}`);
}

/** The files that a pattern names; or a folder, and the files in it, which may be links. */
async function listPlaces(path: string): Promise<Place[]> {
  const isPattern = await isFilePattern(path);
  const { folder, files } = isPattern ? await matchFiles(path) : { folder: path, ...(await listFolder(path)) };
  const shown = [...(isPattern ? [] : [path]), ...files.map((name) => join(folder, name))];
  return Promise.all(
    shown.map(async (name) => ({ shown: name, real: await withFileNamed(name, () => realpath(name)) })),
  );
}

/** Where a path's folder lies, if it is one. */
function findFolder(path: string, [first]: readonly Place[]): string | undefined {
  return first?.shown === path ? first.real : undefined;
}

/** Whether something is read with a folder: names that begin with a point are not. */
function isWithin(real: string, folder: string): boolean {
  const way = relative(folder, real).split(sep);
  return !way.some((name) => name.startsWith("."));
}
