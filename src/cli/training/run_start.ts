import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describeValue } from "../../core/errors/errors.ts";
import { readRunConfig, readRunSummary } from "../../runs/read_run_files.ts";
import type { RunSummary } from "../../runs/run_summary.ts";
import { CliError, refuse } from "../cli_error.ts";
import { formatNamed } from "../options/parse_named.ts";
import type { RunTarget } from "./prepare_run.ts";
import { listPrograms } from "./programs.ts";
import { createTrainConfig, parseDevices, type TrainConfig, type TrainOptions } from "./train_config.ts";
import { parseTrainConfig } from "./train_config_schema.ts";

/** The options of train that say where a run is written or was written. */
export interface StartOptions extends TrainOptions {
  readonly out?: string;
  readonly resume?: string;
  /** True runs the programs that the config.json of a run that goes on names. */
  readonly trust: boolean;
}

/** What there is to do. */
export type RunStart =
  | { readonly kind: "finished"; readonly summary: RunSummary<unknown>; readonly directory: string }
  | {
      readonly kind: "unfinished";
      readonly config: TrainConfig;
      readonly target: RunTarget;
      readonly layout: Pick<TrainConfig, "workers" | "devices">;
    };

/** Where config.json keeps what an option says; what may differ in a resumed run is not here. */
const CONFIG_KEYS = {
  benchmark: "benchmark",
  strategy: "strategy",
  plugin: "plugins",
  metric: "metrics",
  model: "model",
  optimizer: "optimizer",
  epochs: "epochs",
  batchSize: "batchSize",
  dropLast: "dropLast",
  evalBatchSize: "evalBatchSize",
  logicalShards: "logicalShards",
  engine: "engine",
  seed: "seed",
  data: "data",
  checkpointEvery: "checkpointEvery",
  maxRestarts: "maxRestarts",
  onnx: "exportsModels",
} as const satisfies Record<string, keyof TrainConfig>;

/**
 * Reads the options of a new run, or those of the run that is to go on.
 * @param typed The names of the options that somebody typed.
 * @throws {CliError} If a value is out of range, there is no run, or an option that was typed differs from the run's.
 */
export async function findRunStart(options: StartOptions, typed: readonly string[]): Promise<RunStart> {
  const { resume: directory, out } = options;
  if (directory === undefined) {
    if (options.trust) throw new CliError("--trust requires --resume");
    const config = await createTrainConfig(options);
    return { kind: "unfinished", config, target: { kind: "new", out }, layout: config };
  }
  const config = await refuse(async () => parseTrainConfig(directory, await readRunConfig(directory)));
  const differences = await listDifferences(config, options, typed);
  if (differences.length > 0) throw new CliError(`${directory}: ${differences.join("; ")}`);
  const summary = await refuse(() => readRunSummary(directory));
  if (summary?.status === "finished") return { kind: "finished", summary, directory };
  if (!options.trust) assertNoProgram(directory, config, typed);
  const layout = {
    workers: options.workers ?? config.workers,
    devices: typed.includes("device") ? parseDevices(options.device) : config.devices,
  };
  return { kind: "unfinished", config, target: { kind: "resumed", directory }, layout };
}

/**
 * A run's folder is data: it may have been copied from somebody else, and whoever goes on with it need not have read
 * what it names.
 * @throws {CliError} If the configuration names modules that were not typed again, saying how to allow them.
 */
function assertNoProgram(directory: string, config: TrainConfig, typed: readonly string[]): void {
  const programs = listPrograms(config).filter(({ name }) => !typed.includes(name));
  if (programs.length === 0) return;
  const files = programs.flatMap((program) => program.files).map(describeValue);
  const again = programs.map((program) => program.typed).join(" ");
  const [what, them] = files.length > 1 ? ["programs", "them"] : ["a program", "it"];
  const named = `${join(directory, "config.json")} names ${what}, ${files.join(", ")}`;
  throw new CliError(`${named}: give ${again} or --trust to run ${them}`);
}

/** One an option that was typed and says something else than the run's configuration. */
async function listDifferences(saved: TrainConfig, options: StartOptions, typed: readonly string[]): Promise<string[]> {
  // The benchmark's seed is the run's unless it has one of its own.
  const seed = typed.includes("seed") ? options.seed : saved.seed;
  const wanted = await createTrainConfig({ ...options, seed });
  const differences = Object.entries(CONFIG_KEYS)
    .filter(([option, key]) => typed.includes(option) && !isDeepStrictEqual(toPlain(wanted[key]), toPlain(saved[key])))
    .map(([option, key]) => `the run has ${formatOption(option)} ${show(saved[key])}, got ${show(wanted[key])}`);
  return typed.includes("out") ? [...differences, "--out cannot be used with --resume"] : differences;
}

function formatOption(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function show(value: TrainConfig[keyof TrainConfig] = []): string {
  if (Array.isArray(value)) return value.map(show).join(" and ") || "none";
  return typeof value === "object" && value !== null && "name" in value ? formatNamed(value) : describeValue(value);
}

/** As it comes back from config.json. */
function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
