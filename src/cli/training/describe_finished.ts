import { escapeControls } from "../../core/errors/printable.ts";
import { countNewExperiences } from "./count_new_experiences.ts";
import { formatGoOn } from "./format_go_on.ts";
import type { FinishedRun } from "./run_start.ts";

/**
 * One line for a run that is finished: that nothing came to continue it with, or what came since it was to be resumed,
 * and how to train that.
 */
export async function describeFinished(
  { directory, config, summary }: FinishedRun,
  act: "--resume" | "--continue",
): Promise<string> {
  if (act === "--continue") {
    const { length } = summary.experiences;
    return `Nothing is new: the run in ${escapeControls(directory)} has trained all ${length} experiences`;
  }
  const count = await countNewExperiences(config, summary);
  const done = `Nothing is left to do: the run in ${escapeControls(directory)} is finished`;
  if (count === 0) return done;
  const came = count === 1 ? "1 experience has come" : `${count} experiences have come`;
  return `${done}. ${came} since; train on with: ${formatGoOn("--continue", directory, config)}`;
}
