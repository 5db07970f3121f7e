import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { RefusalError } from "../../core/errors/errors.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import { addTrainCommand } from "../commands/train.ts";
import { parseNamed } from "../options/parse_named.ts";
import { createTrainConfig, type TrainConfig } from "../training/config/train_config.ts";
import { findRunStart, type StartOptions } from "../training/run_start.ts";
import { findStartModel } from "../training/start_model.ts";
import { readWatchedFolders } from "../watching/watch_experiences.ts";
import { assertReadAlike, assertSameData, type LearntData } from "./assert_same_data.ts";

/** What will be trained, once there is data. */
export interface Trainable extends LearntData {
  /** The options of train that were typed, as words, and those that a run begins with besides. */
  readonly words: readonly string[];
  readonly firstWords: readonly string[];
  /** Names of the typed ones. */
  readonly typed: readonly string[];
  readonly keepsRefused: boolean;
}

/**
 * Looks for what is wrong with the options of training before anything waits for data.
 * @throws {CliError} If one cannot be, or is not that of the run that is to go on, or that run learns from other data.
 */
export async function assertTrainable(
  { words, firstWords, typed, folder, out, keepsRefused }: Trainable,
  context: CliContext,
): Promise<void> {
  const first = parseWords([...words, ...firstWords], context);
  const wanted = await createTrainConfig(first);
  const hasRun = existsSync(join(out, "config.json"));
  const start = hasRun ? await findRunStart(parseWords([...words, `--resume=${out}`], context), typed) : undefined;
  const config = start?.config ?? wanted;
  if (start) {
    assertSameData({ folder, out }, config);
    const keys = Object.keys(parseNamed(first.benchmark).options).filter((key) => key !== "path");
    const reading = keys.map((key) => [key, wanted.benchmark.options[key]]);
    assertReadAlike(out, Object.fromEntries(reading), config);
  } else await refuse(() => assertModelThere(config));
  readWatchedFolders(config, "learn");
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new CliError(`learn needs a folder, and ${folder} is a file`);
  }
  if (keepsRefused || config.benchmark.options.onlineExperienceSize === undefined) return;
  const why = "onlineExperienceSize cuts experiences into pieces, which are not trained once more after a refusal";
  throw new CliError(`learn: ${why}: add --keep-refused`);
}

function parseWords(words: readonly string[], context: CliContext): StartOptions {
  const train = addTrainCommand(new Command(), context);
  train.parseOptions([...words]);
  return train.opts<StartOptions>();
}

/** @throws {RefusalError} If a run is to begin with a model that is not there. */
async function assertModelThere(config: TrainConfig): Promise<void> {
  await findStartModel(config, undefined);
  const { path } = config.model.options;
  if (typeof path !== "string" || existsSync(path)) return;
  throw new RefusalError(`--model ${config.model.name}: ${path}: there is no such file or folder`);
}
