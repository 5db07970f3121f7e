import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { listDifferences } from "../core/options/list_differences.ts";
import { callback, flag, required, text } from "../core/options/value_rules.ts";
import { openOnRanks } from "./open_on_ranks.ts";
import { TRAINING_RUN_RULES, type TrainingRunOptions } from "./options/training_run_options.ts";
import { readRunOrigin } from "./read_run_files.ts";
import { assembleRun } from "./resuming/assemble_run.ts";
import { assertRowsFit, findCheckpoint } from "./resuming/find_checkpoint.ts";
import { assertSameSources } from "./resuming/source_fingerprints.ts";
import { createRunDirectory, openRunDirectory } from "./run_directory.ts";
import type { TrainingRun } from "./training_run.ts";

/**
 * Makes the strategy and then the run's folder. Nothing is trained yet.
 * @throws {Error} If the folder holds another run, or two data sets of the benchmark have one name: a run that goes on
 * finds them by their names.
 */
export async function createTrainingRun<Config>(options: TrainingRunOptions<Config>): Promise<TrainingRun<Config>> {
  assertOptions("createTrainingRun", options, TRAINING_RUN_RULES);
  const { directory } = options;
  const makeDirectory = typeof directory === "string" ? () => createRunDirectory(directory) : directory;
  return assembleRun(options, async ({ options: { cluster } }) => ({
    directory: await openOnRanks(cluster.ranks, options.benchmark, makeDirectory),
    checkpoint: undefined,
    beginning: "new",
  }));
}

/** A run that is to go on. */
export interface ResumeOptions<Config> extends TrainingRunOptions<Config> {
  /** The folder that holds it. */
  readonly directory: string;
  /** Gets one line for each checkpoint that is damaged and passed over. */
  readonly onDamage?: (message: string) => void;
  /**
   * True goes on where data that the run has read is gone or holds something else. Memories are rows of data sources:
   * they may be other samples then. Default: false, which refuses it.
   */
  readonly acceptChangedData?: boolean;
}

/** What `ResumeOptions` may be. */
export const RESUME_RULES: OptionRules<ResumeOptions<unknown>> = {
  ...TRAINING_RUN_RULES,
  directory: required(text()),
  onDamage: callback(),
  acceptChangedData: flag(),
};

/**
 * Makes the strategy and opens a run's folder, to go on from its newest checkpoint that is whole, or from the run's
 * beginning where it has made none yet.
 * @throws {Error} If the folder holds no run, a run with another configuration or on other data, or another run is
 * writing there.
 * @throws {LostCheckpointsError} If there are checkpoints and none of them is whole.
 */
export async function resumeTrainingRun<Config>(options: ResumeOptions<Config>): Promise<TrainingRun<Config>> {
  assertOptions("resumeTrainingRun", options, RESUME_RULES);
  return assembleRun(options, async (strategy) => {
    const { ranks } = strategy.options.cluster;
    const { config, sources = {} } = await readRunOrigin(options.directory);
    assertSameConfig(options.directory, config, options.config);
    if (!options.acceptChangedData) {
      assertSameSources(options.directory, sources, options.benchmark);
    }
    const directory = await openOnRanks(ranks, options.benchmark, () => openRunDirectory(options.directory));
    try {
      const { checkpoint, name, damaged } = await findCheckpoint(directory, strategy.model);
      for (const file of damaged) {
        const reason = `${file.name}: ${file.reason}`;
        options.onDamage?.(`Going on from ${name}, as a newer checkpoint cannot be used: ${reason}`);
      }
      if (checkpoint) {
        assertSameConfig(options.directory, checkpoint.config, options.config);
        assertRowsFit(checkpoint, options.benchmark);
      }
      await ranks.assertSame("newest checkpoint, in a folder that they share", name ?? "none");
      return { directory, checkpoint, beginning: "resumed" };
    } catch (error) {
      directory.close();
      throw error;
    }
  });
}

/** @throws {RangeRefusal} If they differ, naming every key in which they do. */
function assertSameConfig(path: string, saved: unknown, wanted: unknown): void {
  const differences = listDifferences(saved, wanted).map(
    ({ key, before, now }) => `the run has ${key} ${show(before)}, got ${show(now)}`,
  );
  if (differences.length > 0) throw new RangeRefusal(`${path}: ${differences.join("; ")}`);
}

function show(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : describeValue(value);
}
