import { existsSync } from "node:fs";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { findReason, stopWith, waitUntilFree } from "../sweep/run_sweep.ts";
import { type JobProgress, startJob } from "../sweep/sweep_job.ts";
import { ExperienceWatch } from "../watching/watch_experiences.ts";

/** What a trainer works on. */
export interface TrainerOptions {
  /** The folder of experiences. */
  readonly folder: string;
  /** The run's folder. */
  readonly out: string;
  /** The options of train that were typed. */
  readonly words: readonly string[];
  /** Those that a run begins with besides. */
  readonly firstWords: readonly string[];
  /** Where the gate says of each model whether training goes on from it; undefined where that is not asked. */
  readonly journal: string | undefined;
  readonly signal: AbortSignal;
  /** Is told what happens, in one line. */
  readonly tell: (line: string) => void;
}

/**
 * Trains what is in a folder and what comes, in a process of its own, until the signal says stop: that process makes a
 * checkpoint then.
 * @throws {RefusalError} If the run cannot go on: its process failed, or what it has read is other than it was.
 */
export async function keepTraining(options: TrainerOptions): Promise<void> {
  const { folder, out, words, firstWords, journal, signal, tell } = options;
  const more = ["--watch", ...(journal === undefined ? [] : [`--gated=${journal}`])];
  const watch = new ExperienceWatch({ path: folder }, { signal, report: tell });
  let refused: string | undefined;
  while (!signal.aborted) {
    const hasRun = existsSync(join(out, "config.json"));
    const found = hasRun ? undefined : await watch.waitForAll(refused);
    if (!hasRun && !found) return;
    if (hasRun) await waitUntilFree(out);
    const target = hasRun ? [`--resume=${out}`] : [...firstWords, `--out=${out}`];
    const listener = { onProgress: tellProgress(tell), onSaid: tell };
    const { isRefused, said } = await stopWith(signal, startJob([...words, ...target, ...more], listener));
    if (signal.aborted) return;
    // What has not begun may be given other data; its reason was told.
    if (!isRefused || hasRun || !found) throw new RefusalError(`training has ended: ${findReason(said)}`);
    refused = found.mark;
  }
}

function tellProgress(tell: (line: string) => void): (progress: JobProgress) => void {
  return ({ experience, experienceName }) => {
    if (experience === undefined) return;
    tell(
      `training experience ${experience}${experienceName === undefined ? "" : ` ${JSON.stringify(experienceName)}`}`,
    );
  };
}
