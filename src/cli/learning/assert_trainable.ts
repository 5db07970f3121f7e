import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { CliError } from "../cli_error.ts";
import { addTrainCommand } from "../commands/train.ts";
import { findRunStart, type StartOptions } from "../training/run_start.ts";
import { readWatchedFolders } from "../watching/watch_experiences.ts";

/** What will be trained, once there is data. */
export interface Trainable {
  /** The options of train that were typed, as words, and those that a run begins with besides. */
  readonly words: readonly string[];
  readonly firstWords: readonly string[];
  /** Names of the typed ones. */
  readonly typed: readonly string[];
  /** The run's folder. */
  readonly out: string;
  readonly keepsRefused: boolean;
}

/**
 * Looks for what is wrong with the options of training before anything waits for data.
 * @throws {CliError} If one cannot be, or is not that of the run that is to go on.
 */
export async function assertTrainable(
  { words, firstWords, typed, out, keepsRefused }: Trainable,
  context: CliContext,
): Promise<void> {
  const hasRun = existsSync(join(out, "config.json"));
  const train = addTrainCommand(new Command(), context);
  train.parseOptions([...words, ...(hasRun ? [`--resume=${out}`] : firstWords)]);
  const { config } = await findRunStart(train.opts<StartOptions>(), typed);
  readWatchedFolders(config);
  if (keepsRefused || config.benchmark.options.onlineExperienceSize === undefined) return;
  const why = "onlineExperienceSize cuts experiences into pieces, which are not trained once more after a refusal";
  throw new CliError(`learn: ${why}: add --keep-refused`);
}
