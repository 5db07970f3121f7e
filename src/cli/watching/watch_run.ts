import { readRunConfig } from "../../runs/read_run_files.ts";
import { CliError } from "../cli_error.ts";
import { parseTrainConfig } from "../training/config/train_config_schema.ts";
import { LeftExperiences } from "./left_experiences.ts";
import { ExperienceWatch, type NewExperiences, type WatchedFolders, type WatchOptions } from "./watch_experiences.ts";

/** How a run goes on. */
export interface WatchRunOptions extends WatchOptions {
  readonly folders: WatchedFolders;
  /** Why experiences were passed over that were there when the run began, by their names: that was told. */
  readonly told?: ReadonlyMap<string, string>;
  /** Called when there is nothing to do. */
  readonly onWait: () => void;
  /** Continues the run with experiences alone, of all that it has not trained. */
  readonly goOn: (known: readonly string[], names: readonly string[]) => Promise<void>;
}

/**
 * Goes on with a finished run whenever experiences come, until the signal says stop. Those that are refused are left,
 * with the reason, until they change; others are trained in their place.
 * @param directory The run's folder.
 */
export async function watchRun(directory: string, options: WatchRunOptions): Promise<void> {
  const { folders, onWait, report, told } = options;
  const watch = new ExperienceWatch(folders, options);
  const left = new LeftExperiences(report, told);
  for (;;) {
    const known = await readKnown(directory);
    onWait();
    const found = await watch.waitForNew(known, (experiences) => left.choose(experiences));
    if (!found) return;
    const reason = await tryToGoOn([...found.marks.keys()], directory, options);
    if (reason === undefined) continue;
    if (found.marks.size === 1) left.leaveTogether(found, reason);
    else await goOnOneByOne(found, { directory, options, left });
  }
}

/** Trains those of several experiences that can be, which could not be together. */
async function goOnOneByOne(
  found: NewExperiences,
  { directory, options, left }: { directory: string; options: WatchRunOptions; left: LeftExperiences },
): Promise<void> {
  const reasons = new Map<string, string>();
  for (const name of found.marks.keys()) {
    const reason = await tryToGoOn([name], directory, options);
    if (reason !== undefined) reasons.set(name, reason);
  }
  const [first, ...others] = new Set(reasons.values());
  // The same reason for all of them: it lies elsewhere.
  if (first !== undefined && others.length === 0 && reasons.size === found.marks.size) {
    left.leaveTogether(found, first);
    return;
  }
  for (const [name, reason] of reasons) left.leave(name, { mark: found.marks.get(name) ?? "", reason });
}

/** Why experiences were refused; undefined where they were trained. */
async function tryToGoOn(
  names: readonly string[],
  directory: string,
  { goOn }: WatchRunOptions,
): Promise<string | undefined> {
  try {
    await goOn(await readKnown(directory), names);
    return undefined;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.message;
  }
}

async function readKnown(directory: string): Promise<readonly string[]> {
  const { experienceNames = [] } = parseTrainConfig(directory, await readRunConfig(directory));
  return experienceNames;
}
