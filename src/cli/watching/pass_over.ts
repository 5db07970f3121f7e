import { findExperienceFolders } from "../../streams/benchmarks/directory/find_experience_folders.ts";
import { CliError, refuse } from "../cli_error.ts";
import type { TrainConfig } from "../training/config/train_config.ts";
import type { RunStart } from "../training/run_start.ts";
import type { WatchedFolders } from "./watch_experiences.ts";

/** How a run begins that goes on with what comes. */
export interface FirstRunOptions {
  readonly folders: WatchedFolders;
  /** Trains, and says where. */
  readonly train: (start: RunStart) => Promise<string>;
  readonly signal: AbortSignal;
  /** Gets one line for each experience that is passed over. */
  readonly report: (line: string) => void;
}

/** A run that has trained what it could. */
export interface FirstRun {
  readonly directory: string;
  /** Why experiences were passed over, by their names. */
  readonly told: ReadonlyMap<string, string>;
}

/**
 * Trains a run whose folders are watched. Where a new one is refused, the experiences that are the cause are told and
 * passed over: they may change.
 * @throws {CliError} If there is no experience that can be trained, or none of them is the cause.
 */
export async function trainFirst(start: RunStart, options: FirstRunOptions): Promise<FirstRun> {
  const { train, report } = options;
  try {
    return { directory: await train(start), told: new Map() };
  } catch (error) {
    if (!(error instanceof CliError) || start.kind === "finished" || start.target.kind !== "new") throw error;
    const { names, told } = await findTrainable(start.config, { ...options, out: start.target.out });
    if (names.length === 0 || told.size === 0) throw error;
    for (const reason of told.values()) report(reason);
    return { directory: await train({ ...start, config: { ...start.config, experienceNames: names } }), told };
  }
}

/** Experiences that one run can train, as many as there are, and why it refuses the others. */
async function findTrainable(
  config: TrainConfig,
  { folders, signal, out }: FirstRunOptions & { readonly out: string | undefined },
) {
  const { rehearseConfig } = await import("../training/prepare_run.ts");
  const names: string[] = [];
  const told = new Map<string, string>();
  for (const name of (await refuse(() => findExperienceFolders(folders))).names) {
    try {
      await refuse(() => rehearseConfig({ ...config, experienceNames: [...names, name] }, { signal, out }));
      names.push(name);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      told.set(name, error.message);
    }
  }
  return { names, told };
}
