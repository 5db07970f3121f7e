import type { Command, Option } from "commander";
import { CliError, refuse } from "../cli_error.ts";
import { formatOption } from "../options/format_option.ts";
import type { GridChoice, SweepGrid } from "./grid_options.ts";
import { parseSeeds } from "./parse_seeds.ts";
import type { KnownConfiguration, SweepChoice } from "./sweep_plan.ts";
import { findSameSweep, readSweep } from "./sweep_record.ts";

/** The options of sweep that say what is trained, and where that is written or was written. */
export interface SweepOptions extends Partial<SweepGrid> {
  readonly seeds: string;
  readonly out?: string;
  readonly resume?: string;
  readonly trust: boolean;
  /** True goes on with runs though their data is other than it was. */
  readonly acceptChangedData: boolean;
}

/** What of the command line a sweep is read from. */
export interface SweepCommand {
  readonly command: Command;
  /** Options of train that all runs share. */
  readonly shared: readonly Option[];
  /** The value of an option of the grid that was not typed. */
  readonly defaults: GridChoice;
}

/** A sweep that is to begin or to go on. */
export interface FoundSweep {
  readonly choice: SweepChoice;
  /** Undefined if a new folder is to be made. */
  readonly folder: string | undefined;
  /** What the folder has of it. */
  readonly known: readonly KnownConfiguration[];
}

/** What may be typed beside --resume. */
const OF_RESUMED = ["resume", "jobs", "trust", "acceptChangedData", "quiet", "json"];

/**
 * Reads the options of a sweep, or those of the sweep that is to go on. A folder that holds the same sweep, or less of
 * it, goes on.
 * @throws {CliError} If a value is malformed, the folder holds something else, or there is no sweep to go on with.
 */
export async function findSweep(options: SweepOptions, declared: SweepCommand): Promise<FoundSweep> {
  const { resume, out, trust, acceptChangedData } = options;
  if (resume === undefined) {
    if (trust) throw new CliError("--trust requires --resume");
    const choice = readChoice(options, declared);
    const saved = out === undefined ? undefined : await refuse(() => findSameSweep(out, choice));
    if (acceptChangedData && !saved) throw new CliError("--accept-changed-data requires a sweep that goes on");
    return { folder: out, choice, known: saved?.known ?? [] };
  }
  const { command } = declared;
  const other = command.options.find((option) => {
    const name = option.attributeName();
    return command.getOptionValueSource(name) === "cli" && !OF_RESUMED.includes(name);
  });
  if (other) throw new CliError(`${other.long} cannot be used with --resume`);
  const saved = await refuse(() => readSweep(resume));
  if (!saved) throw new CliError(`${resume} holds no sweep: sweep.json is missing`);
  return { folder: resume, ...saved };
}

function readChoice(options: SweepOptions, { command, shared, defaults }: SweepCommand): SweepChoice {
  const typed = shared.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  const words = typed.flatMap((option) => formatOption(option, command.getOptionValue(option.attributeName())));
  const hasWorkers = typed.some(({ long }) => long === "--workers");
  const valuesOf = (name: Exclude<keyof SweepGrid, "criterion">) => options[name] ?? [defaults[name]];
  return {
    grid: {
      strategy: valuesOf("strategy"),
      benchmark: valuesOf("benchmark"),
      model: valuesOf("model"),
      optimizer: valuesOf("optimizer"),
      ...(options.criterion ? { criterion: options.criterion } : {}),
    },
    // Processes beside one another keep all cores busy: each computes in its main thread.
    words: hasWorkers ? words : [...words, "--workers=0"],
    seeds: parseSeeds(options.seeds),
  };
}
