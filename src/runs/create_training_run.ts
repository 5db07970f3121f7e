import { isDeepStrictEqual } from "node:util";
import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { callback, required, text } from "../core/options/value_rules.ts";
import type { Benchmark } from "../streams/experience.ts";
import { DEFAULT_CHECKPOINT_INTERVAL, parseCheckpointInterval } from "./checkpoints/checkpoint_interval.ts";
import type { RunCheckpoint } from "./checkpoints/run_checkpoint.ts";
import { readRunConfig } from "./read_run_files.ts";
import { rehearseRun } from "./rehearse_run.ts";
import { createRunDirectory, openRunDirectory, type RunDirectory } from "./run_directory.ts";
import { createRunEvaluator } from "./run_evaluator.ts";
import { RunMonitor } from "./run_monitor.ts";
import { LostCheckpointsError } from "./storage_error.ts";
import { TRAINING_RUN_RULES, TrainingRun, type TrainingRunOptions } from "./training_run.ts";

/**
 * Makes the strategy and then the run's folder. Nothing is trained yet.
 * @throws {Error} If the folder holds another run.
 */
export async function createTrainingRun<Config>(options: TrainingRunOptions<Config>): Promise<TrainingRun<Config>> {
  assertOptions("createTrainingRun", options, TRAINING_RUN_RULES);
  const { directory } = options;
  const makeDirectory = typeof directory === "string" ? () => createRunDirectory(directory) : directory;
  return assemble(options, async () => ({ directory: await makeDirectory(), checkpoint: undefined, isResumed: false }));
}

/** A run that is to go on. */
export interface ResumeOptions<Config> extends TrainingRunOptions<Config> {
  /** The folder that holds it. */
  readonly directory: string;
  /** Gets one line for each checkpoint that is damaged and passed over. */
  readonly onDamage?: (message: string) => void;
}

const RESUME_RULES: OptionRules<ResumeOptions<unknown>> = {
  ...TRAINING_RUN_RULES,
  directory: required(text()),
  onDamage: callback(),
};

/**
 * Makes the strategy and opens a run's folder, to go on from its newest checkpoint that is whole, or from the run's
 * beginning where it has made none yet.
 * @throws {Error} If the folder holds no run, or a run with another configuration, or another run is writing there.
 * @throws {LostCheckpointsError} If there are checkpoints and none of them is whole.
 */
export async function resumeTrainingRun<Config>(options: ResumeOptions<Config>): Promise<TrainingRun<Config>> {
  assertOptions("resumeTrainingRun", options, RESUME_RULES);
  return assemble(options, async () => {
    assertSameConfig(options.directory, await readRunConfig(options.directory), options.config);
    const directory = await openRunDirectory(options.directory);
    try {
      const checkpoint = await findCheckpoint(directory, options.onDamage ?? (() => {}));
      if (checkpoint) {
        assertSameConfig(options.directory, checkpoint.config, options.config);
        assertRowsFit(checkpoint, options.benchmark);
      }
      return { directory, checkpoint, isResumed: true };
    } catch (error) {
      directory.close();
      throw error;
    }
  });
}

interface Place {
  readonly directory: RunDirectory;
  readonly checkpoint: RunCheckpoint | undefined;
  readonly isResumed: boolean;
}

async function assemble<Config>(
  options: TrainingRunOptions<Config>,
  findPlace: () => Promise<Place>,
): Promise<TrainingRun<Config>> {
  const { loggers = [], metrics = [], signal } = options;
  const { checkpointEvery = parseCheckpointInterval(DEFAULT_CHECKPOINT_INTERVAL) } = options;
  let place: Place | undefined;
  const monitor = new RunMonitor(signal);
  const evaluator = createRunEvaluator({
    writeLines: (lines) => place?.directory.metrics.append(lines),
    loggers,
    metrics,
  });
  const strategy = await options.createStrategy({ evaluator, plugins: [monitor] });
  try {
    rehearseRun(strategy, options.benchmark);
    place = await findPlace();
    return new TrainingRun(options, { ...place, strategy, evaluator, monitor, checkpointEvery });
  } catch (error) {
    place?.directory.close();
    await strategy.close();
    throw error;
  }
}

async function findCheckpoint(
  { path, checkpoints, metrics }: RunDirectory,
  onDamage: (message: string) => void,
): Promise<RunCheckpoint | undefined> {
  const sizeBytes = metrics.flush();
  const { checkpoint, name, damaged } = await checkpoints.findNewest(({ metricsBytes }) => {
    if (metricsBytes <= sizeBytes) return;
    throw new RangeRefusal(`it needs ${metricsBytes} bytes of ${metrics.path}, which has ${sizeBytes}`);
  });
  const found = damaged.map((file) => `${file.name}: ${file.reason}`);
  if (!checkpoint && damaged.length > 0) {
    throw new LostCheckpointsError(`${path}: none of its checkpoints can be used (${found.join("; ")})`);
  }
  for (const line of found) onDamage(`Going on from ${name}, as a newer checkpoint cannot be used: ${line}`);
  return checkpoint;
}

/** @throws {RangeRefusal} If a run on this benchmark cannot have come to a checkpoint's rows. */
function assertRowsFit({ experiences }: RunCheckpoint, { trainStream, testStream }: Benchmark): void {
  if (experiences.length > trainStream.length) {
    throw new RangeRefusal(`the checkpoint has ${experiences.length} of ${trainStream.length} experiences`);
  }
  for (const [i, { testAccuracy }] of experiences.entries()) {
    if (testAccuracy.length === testStream.length) continue;
    const wanted = `the checkpoint's experiences.${i}.testAccuracy must have ${testStream.length} values`;
    throw new RangeRefusal(`${wanted}, got ${testAccuracy.length}`);
  }
}

/** @throws {RangeRefusal} If they differ, naming every key in which they do. */
function assertSameConfig(path: string, saved: unknown, wanted: unknown): void {
  const [a, b] = [toPlain(saved), toPlain(wanted)];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const differences = keys
    .filter((key) => !isDeepStrictEqual(a[key], b[key]))
    .map((key) => `the run has ${key} ${show(a[key])}, got ${show(b[key])}`);
  if (differences.length > 0) throw new RangeRefusal(`${path}: ${differences.join("; ")}`);
}

/** As it comes back from config.json. */
function toPlain(config: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(config ?? {}))));
}

function show(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : describeValue(value);
}
