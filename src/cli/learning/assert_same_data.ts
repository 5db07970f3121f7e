import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { describeValue } from "../../core/errors/errors.ts";
import { listDifferences } from "../../core/options/list_differences.ts";
import { CliError } from "../cli_error.ts";
import { formatNamed } from "../options/parse_named.ts";
import type { TrainConfig } from "../training/config/train_config.ts";

/** What a run is to learn from. */
export interface LearntData {
  /** The folder of experiences. */
  readonly folder: string;
  /** The run's folder. */
  readonly out: string;
}

/**
 * A run's folder is called by the last part of its data's path, and other data may be called so, too.
 * @throws {CliError} If the run there reads another folder.
 */
export function assertSameData({ folder, out }: LearntData, { benchmark: { name, options }, data }: TrainConfig): void {
  const paths = [options.path ?? data, options.more].flat().filter((path) => typeof path === "string");
  if (name === "directory" && paths.some((path) => findPlace(path) === findPlace(folder))) return;
  const read = name === "directory" && paths.length > 0 ? paths.join(" and ") : formatNamed({ name, options });
  throw new CliError(`${out} holds a run on ${read}, got ${folder}: name another folder for its run with --out`);
}

/**
 * A run reads its folder as it began to.
 * @param wanted The options of its benchmark that were typed.
 * @throws {CliError} If they are not those of the run.
 */
export function assertReadAlike(out: string, wanted: TrainConfig["benchmark"]["options"], run: TrainConfig): void {
  const { benchmark } = run;
  const own = Object.fromEntries(Object.keys(wanted).map((key) => [key, benchmark.options[key]]));
  const [other] = listDifferences(own, wanted);
  if (!other) return;
  const before = other.before === undefined ? "none" : describeValue(other.before);
  throw new CliError(`${out}: the run has --reading ${other.key}=${before}, got ${describeValue(other.now)}`);
}

/** Links lead to the same place. */
function findPlace(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
