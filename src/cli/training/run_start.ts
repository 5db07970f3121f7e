import { join } from "node:path";
import { describeValue } from "../../core/errors/errors.ts";
import { listDifferences } from "../../core/options/list_differences.ts";
import { nameByIds } from "../../data/readers/class_names.ts";
import { readRunConfig, readRunSummary } from "../../runs/read_run_files.ts";
import type { RunSummary } from "../../runs/summary/run_summary.ts";
import { DEFAULT_CRITERION } from "../../training/losses/criteria.ts";
import { CliError, refuse } from "../cli_error.ts";
import { formatNamed } from "../options/parse_named.ts";
import {
  createTrainConfig,
  parseDevices,
  parseIsolation,
  type TrainConfig,
  type TrainOptions,
} from "./config/train_config.ts";
import { parseTrainConfig } from "./config/train_config_schema.ts";
import { extendBenchmark } from "./extend_benchmark.ts";
import type { RunTarget } from "./prepare_run.ts";
import { listPrograms } from "./programs.ts";

/** The options of train that say where a run is written or was written. */
export interface StartOptions extends TrainOptions {
  readonly out?: string;
  readonly resume?: string;
  /** A finished run's folder. */
  readonly continue?: string;
  /** True runs the programs that the config.json of a run that goes on names. */
  readonly trust: boolean;
  /** True goes on though the data of a run that goes on is other than it was. */
  readonly acceptChangedData: boolean;
}

/** A run that has come to its end. */
export interface FinishedRun {
  readonly kind: "finished";
  readonly summary: RunSummary<unknown>;
  readonly config: TrainConfig;
  readonly directory: string;
}

/** What there is to do. */
export type RunStart =
  | FinishedRun
  | {
      readonly kind: "unfinished";
      /** The run that is to be continued, as it ended. */
      readonly earlier?: FinishedRun;
      readonly config: TrainConfig;
      readonly target: RunTarget;
      readonly layout: Pick<TrainConfig, "workers" | "devices" | "isolation">;
    };

/** Where config.json keeps what an option says; what may differ in a resumed run is not here. */
const CONFIG_KEYS = {
  benchmark: "benchmark",
  strategy: "strategy",
  plugin: "plugins",
  metric: "metrics",
  measure: "measure",
  model: "model",
  optimizer: "optimizer",
  criterion: "criterion",
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
  featureCache: "featureCache",
  cache: "cacheBytes",
  precision: "precision",
  tf32: "tf32",
  convolutionSearch: "convolutionSearch",
  pinnedMemory: "pinnedMemory",
  onnx: "exportsModels",
  export: "exportForm",
  keepAdapters: "keepAdapters",
} as const satisfies Record<string, keyof TrainConfig>;

/** What may be given anew where a finished run goes on: its model, strategy and random streams stay as they are. */
const CONTINUED_KEYS = [
  "benchmark",
  "epochs",
  "batchSize",
  "dropLast",
  "evalBatchSize",
  "data",
  "checkpointEvery",
  "maxRestarts",
  "featureCache",
  "cache",
  "onnx",
  "export",
  "keepAdapters",
] as const satisfies (keyof typeof CONFIG_KEYS)[];

/**
 * Reads the options of a new run, or those of the run that is to go on.
 * @param typed The names of the options that were typed.
 * @param ranks How many processes train together. Default: 1.
 * @throws {CliError} If a value is out of range, there is no run, or an option that was typed differs from the run's.
 */
export async function findRunStart(options: StartOptions, typed: readonly string[], ranks = 1): Promise<RunStart> {
  const { resume, continue: continued, out } = options;
  const directory = continued ?? resume;
  if (directory === undefined) {
    if (options.trust) throw new CliError("--trust requires --resume or --continue");
    if (options.acceptChangedData) throw new CliError("--accept-changed-data requires --resume or --continue");
    const config = await createTrainConfig(options, ranks);
    return { kind: "unfinished", config, target: { kind: "new", out }, layout: config };
  }
  if (continued !== undefined && resume !== undefined) throw new CliError("--continue cannot be used with --resume");
  const saved = await refuse(async () => parseTrainConfig(directory, await readRunConfig(directory)));
  const config = await completeConfig(saved, options, typed);
  const summary = await refuse(() => readRunSummary(directory));
  const layout = {
    workers: options.workers ?? config.workers,
    devices: typed.includes("device") ? parseDevices(options.device) : config.devices,
    isolation: options.isolation === undefined ? config.isolation : parseIsolation(options.isolation),
  };
  const earlier =
    summary?.status === "finished" ? { kind: "finished" as const, summary, config, directory } : undefined;
  if (continued === undefined && earlier) return earlier;
  if (!options.trust) assertNoProgram(directory, config, typed);
  if (continued === undefined) return { kind: "unfinished", config, target: { kind: "resumed", directory }, layout };
  if (!earlier) {
    throw new CliError(`${directory}: the run is not finished: go on with --resume first, and with --continue then`);
  }
  const { classNames = nameClasses(earlier.summary) } = saved;
  return { kind: "unfinished", earlier, config, target: { kind: "continued", directory, classNames }, layout };
}

/** Where labels are class ids: as many as were trained. */
function nameClasses({ experiences }: RunSummary<unknown>): readonly string[] {
  return nameByIds(1 + Math.max(-1, ...experiences.flatMap(({ classes }) => classes)));
}

/** The run's configuration, with what may be given anew. */
async function completeConfig(
  saved: TrainConfig,
  options: StartOptions,
  typed: readonly string[],
): Promise<TrainConfig> {
  // The benchmark's seed is the run's unless it has one of its own.
  const seed = typed.includes("seed") ? options.seed : saved.seed;
  const wanted = await createTrainConfig({ ...options, seed });
  const anew = options.continue === undefined ? [] : CONTINUED_KEYS.filter((option) => typed.includes(option));
  const differences = describeDifferences(
    saved,
    wanted,
    typed.filter((option) => !anew.some((name) => name === option)),
  );
  const directory = options.continue ?? options.resume;
  const act = options.continue === undefined ? "--resume" : "--continue";
  if (typed.includes("out")) differences.push(`--out cannot be used with ${act}`);
  if (differences.length > 0) throw new CliError(`${directory}: ${differences.join("; ")}`);
  const keys = anew.map((option) => CONFIG_KEYS[option]);
  const config: TrainConfig = { ...saved, ...Object.fromEntries(keys.map((key) => [key, wanted[key]])) };
  if (!keys.includes("benchmark")) return config;
  return { ...config, benchmark: await extendBenchmark(saved, wanted.benchmark, options.benchmark) };
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
function describeDifferences(saved: TrainConfig, wanted: TrainConfig, typed: readonly string[]): string[] {
  const options = Object.entries(CONFIG_KEYS).filter(([option]) => typed.includes(option));
  const pick = (config: TrainConfig) => {
    const whole: TrainConfig = { criterion: DEFAULT_CRITERION, ...config };
    return Object.fromEntries(options.map(([option, key]) => [option, whole[key]]));
  };
  const [before, now] = [pick(saved), pick(wanted)];
  return listDifferences(before, now).map(
    ({ key }) => `the run has ${formatOption(key)} ${show(before[key])}, got ${show(now[key])}`,
  );
}

function formatOption(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function show(value: TrainConfig[keyof TrainConfig] = []): string {
  if (Array.isArray(value)) return value.map(show).join(" and ") || "none";
  return typeof value === "object" && value !== null && "name" in value ? formatNamed(value) : describeValue(value);
}
