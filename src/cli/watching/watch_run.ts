import { readRunConfig } from "../../runs/read_run_files.ts";
import { CliError } from "../cli_error.ts";
import { parseTrainConfig } from "../training/train_config_schema.ts";
import { ExperienceWatch, type WatchedFolders, type WatchOptions } from "./watch_experiences.ts";

/** How a run goes on. */
export interface WatchRunOptions extends WatchOptions {
  readonly folders: WatchedFolders;
  /** Called when there is nothing to do. */
  readonly onWait: () => void;
  /** Continues the run with experiences alone, of all that it has not trained. */
  readonly goOn: (known: readonly string[], names: readonly string[]) => Promise<void>;
}

/**
 * Goes on with a finished run whenever experiences come, until the signal says stop. Those that are refused are left,
 * with the reason, until they change.
 * @param directory The run's folder.
 */
export async function watchRun(directory: string, options: WatchRunOptions): Promise<void> {
  const { folders, onWait, goOn, report } = options;
  const watch = new ExperienceWatch(folders, options);
  let refused: string | undefined;
  for (;;) {
    const { experienceNames: known = [] } = parseTrainConfig(directory, await readRunConfig(directory));
    onWait();
    const found = await watch.waitForNew(known, refused);
    if (!found) return;
    try {
      await goOn(known, found.names);
      refused = undefined;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      report(error.message);
      refused = found.mark;
    }
  }
}
