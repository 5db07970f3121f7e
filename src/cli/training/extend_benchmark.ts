import { isDeepStrictEqual } from "node:util";
import { describeValue } from "../../core/errors/errors.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import { findSampleFolders } from "../../streams/benchmarks/find_sample_folders.ts";
import { CliError, refuse } from "../cli_error.ts";
import { parseNamed } from "../options/parse_named.ts";
import type { TrainConfig } from "./train_config.ts";

/**
 * The benchmark of a run that goes on. Another folder without the run's experiences is added to those that the run
 * reads; any other benchmark replaces the run's.
 * @param typed The benchmark as it was typed.
 * @throws {CliError} If an option of a folder that is added is not the run's.
 */
export async function extendBenchmark(saved: TrainConfig, wanted: NamedChoice, typed: string): Promise<NamedChoice> {
  const { name, options } = saved.benchmark;
  const folder = wanted.options.path;
  const { experienceNames: known } = saved;
  if (name !== "directory" || wanted.name !== name || typeof folder !== "string" || !known) return wanted;
  const { names } = await refuse(() => findSampleFolders(folder, {}));
  if (names.some((experience) => known.includes(experience))) return wanted;
  const other = Object.keys(parseNamed(typed).options).find(
    (key) => key !== "path" && !isDeepStrictEqual(wanted.options[key], options[key]),
  );
  if (other !== undefined) {
    const [before, now] = [options[other], wanted.options[other]].map(describeValue);
    throw new CliError(`${folder} is added to the run's folders, which are read with ${other} ${before}, got ${now}`);
  }
  const more = Array.isArray(options.more) ? options.more : [];
  return { name, options: { ...options, more: [...more, folder] } };
}
