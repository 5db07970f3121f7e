import { join } from "node:path";
import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { isFilePattern } from "../../../data/readers/file_pattern.ts";
import { assertTestApart } from "./assert_test_apart.ts";
import type { DirectoryOptions } from "./directory_options.ts";
import { findSampleFolders, type SampleFolders } from "./find_sample_folders.ts";

/** Experiences of one folder or of several, in the order in which they are trained. */
export interface ExperienceFolders extends SampleFolders {
  /** The folder that holds an experience. */
  readonly rootOf: (name: string) => string;
  /** The folder or files of a part of an experience. */
  readonly locate: (part: string, name: string) => string;
}

/** Where they are looked for, and which are wanted. */
export type ExperienceChoice = Pick<
  DirectoryOptions,
  "path" | "testPath" | "more" | "testSize" | "experienceNames" | "addExperiences"
>;

/**
 * Finds the experiences of `path`, and then those of each folder in `more`; brings them to the order of
 * `experienceNames`.
 * @throws {RefusalError} If a folder is arranged otherwise than `path`, a name comes twice or one that is wanted is not
 * there, or samples of `testPath` are among those of `path`.
 */
export async function findExperienceFolders(choice: ExperienceChoice): Promise<ExperienceFolders> {
  const { path, testPath, more = [] } = choice;
  const isFile = await isFilePattern(path);
  const first = await findSampleFolders(path, choice);
  if (testPath !== undefined) await assertTestApart(path, testPath);
  if (more.length > 0 && first.isUndivided) {
    throw new RangeRefusal(`${path}: more requires a folder for each experience`);
  }
  const roots = new Map(first.names.map((name) => [name, path]));
  const tested = [...first.tested];
  for (const folder of more) {
    const { names, parts, isUndivided, ...others } = await findSampleFolders(folder, choice);
    if (isUndivided || parts.length !== first.parts.length) {
      throw new RangeRefusal(`${folder}: must be arranged as ${path}: experiences ${describeParts(first)}`);
    }
    tested.push(...others.tested);
    for (const name of names) {
      const other = roots.get(name);
      if (other !== undefined)
        throw new RangeRefusal(`the experience ${describeValue(name)} is in ${other} and ${folder}`);
      roots.set(name, folder);
    }
  }
  const found = [...roots.keys()];
  const names = first.isUndivided ? first.names : orderExperiences(found, choice);
  const rootOf = (name: string) => roots.get(name) ?? path;
  const locate = (part: string, name: string) => {
    if (testPath === undefined) return isFile ? path : join(rootOf(name), part, name);
    return part === "test" ? testPath : path;
  };
  return { ...first, names, tested, rootOf, locate };
}

function describeParts({ parts }: SampleFolders): string {
  return parts.length === 2 ? 'in "train" and "test"' : "in the folder itself";
}

/** The experiences that were found, as `experienceNames` orders them. @throws {RangeRefusal} If one is not there. */
export function orderExperiences(
  found: readonly string[],
  { path, experienceNames: known, addExperiences = false }: ExperienceChoice,
): readonly string[] {
  if (!known) return found;
  const gone = known.filter((name) => !found.includes(name));
  if (gone.length > 0) throw new RangeRefusal(`${path}: must hold the experiences ${describeValue(gone)}`);
  return addExperiences ? [...known, ...found.filter((name) => !known.includes(name))] : known;
}
