import { resolve } from "node:path";
import { describeValue } from "../../core/errors/errors.ts";
import { listDifferences } from "../../core/options/list_differences.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import { findSampleFolders } from "../../streams/benchmarks/directory/find_sample_folders.ts";
import { CliError, refuse } from "../cli_error.ts";
import { formatNamed, parseNamed } from "../options/parse_named.ts";
import type { TrainConfig } from "./config/train_config.ts";

/**
 * The benchmark of a run that is continued: the run's own with the options that were typed. Another folder without the
 * run's experiences is added to those that the run reads; one with them takes their place.
 * @param typed The benchmark as it was typed.
 * @throws {CliError} If it is another benchmark, or folders are to be read in another way than the run read its own.
 */
export async function extendBenchmark(saved: TrainConfig, wanted: NamedChoice, typed: string): Promise<NamedChoice> {
  const { name, options } = saved.benchmark;
  if (wanted.name !== name) {
    const own = typeof options.path === "string" ? { path: options.path } : {};
    const text = formatNamed({ name, options: own });
    throw new CliError(
      `the run was trained on ${text}; what it goes on with must be of that benchmark, got ${typed}; --model run:FOLDER begins another run with its model`,
    );
  }
  const keys = Object.keys(parseNamed(typed).options);
  const chosen = Object.fromEntries(keys.map((key) => [key, wanted.options[key]]));
  const folder = wanted.options.path;
  const { experienceNames: known } = saved;
  const extended = { name, options: { ...options, ...chosen } };
  if (name !== "directory" || typeof folder !== "string" || !known) return extended;
  assertReadAlike(folder, options, chosen);
  const more = listTexts(options.more);
  if ([options.path, ...more].some((path) => resolve(String(path)) === resolve(folder))) {
    return { name, options: { ...extended.options, path: options.path } };
  }
  const { names } = await refuse(() => findSampleFolders(folder, {}));
  if (names.some((experience) => known.includes(experience))) return extended;
  return { name, options: { ...options, more: [...more, folder, ...listTexts(chosen.more)] } };
}

function listTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** @throws {CliError} If an option other than the folders is not the run's. */
function assertReadAlike(folder: string, options: NamedChoice["options"], chosen: NamedChoice["options"]): void {
  const differences = listDifferences(options, chosen);
  const other = differences.find(({ key }) => key in chosen && key !== "path" && key !== "more");
  if (!other) return;
  const [before, now] = [other.before, other.now].map((value) =>
    value === undefined ? "left out" : describeValue(value),
  );
  throw new CliError(`${folder}: the run's folders are read with ${other.key} ${before}, got ${now}`);
}
