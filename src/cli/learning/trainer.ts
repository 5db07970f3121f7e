import { existsSync } from "node:fs";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { findReason, stopWith, waitUntilFree } from "../sweep/run_sweep.ts";
import { type JobProgress, type StartJob, startJob } from "../sweep/sweep_job.ts";
import { LeftExperiences } from "../watching/left_experiences.ts";
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
  /** Default: in a process of its own. */
  readonly startJob?: StartJob | undefined;
  /** Is told what happens, in one line. */
  readonly tell: (line: string) => void;
}

/**
 * Trains what is in a folder and what comes, until the signal says stop: a checkpoint is made then.
 * @throws {RefusalError} If the run cannot go on: its process failed, or what it has read is other than it was.
 */
export async function keepTraining(options: TrainerOptions): Promise<void> {
  const { folder, out, words, firstWords, journal, signal, tell, startJob: start = startJob } = options;
  const more = ["--watch", ...(journal === undefined ? [] : [`--gated=${journal}`])];
  const watch = new ExperienceWatch({ path: folder }, { signal, report: tell });
  const left = new LeftExperiences(() => undefined);
  let said = new Set<string>();
  while (!signal.aborted) {
    const hasRun = existsSync(join(out, "config.json"));
    const found = hasRun ? undefined : await watch.waitForAll((experiences) => left.choose(experiences));
    if (!hasRun && !found) return;
    if (hasRun) await waitUntilFree(out);
    const target = hasRun ? [`--resume=${out}`] : [...firstWords, `--out=${out}`];
    const before = found && left.hasSame(found) ? said : new Set<string>();
    const lines = new Set<string>();
    const late: string[] = [];
    const onSaid = (line: string) => {
      if (signal.aborted) late.push(line);
      if (signal.aborted) return;
      lines.add(line);
      // What comes beside what was refused does not change why.
      if (!before.has(line)) tell(line);
    };
    const listener = { onProgress: tellProgress(tell), onSaid };
    const end = await stopWith(signal, start([...words, ...target, ...more], listener));
    // Its last line says how train would go on.
    if (end.isInterrupted) late.splice(-1, 1, "training was interrupted: the same command goes on with it");
    late.forEach(tell);
    if (signal.aborted) return;
    // What has not begun may be given other data; its reason was told.
    if (!end.isRefused || hasRun || !found) throw new RefusalError(`training has ended: ${findReason(end.said)}`);
    left.leaveTogether(found, "");
    said = lines;
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
