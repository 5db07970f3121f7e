import { isDeepStrictEqual } from "node:util";
import type * as tf from "@tensorflow/tfjs";
import { describeValue, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RunCheckpoint } from "../checkpoints/run_checkpoint.ts";
import { RESUME_RULES, type ResumeOptions } from "../create_training_run.ts";
import { openOnRanks } from "../open_on_ranks.ts";
import { readRunOrigin, readRunSummary } from "../read_run_files.ts";
import { openRunDirectory, type RunDirectory } from "../run_directory.ts";
import { LostCheckpointsError } from "../storage_error.ts";
import type { TrainingRun } from "../training_run.ts";
import { ONLINE_STREAM } from "../training_units.ts";
import { assembleRun } from "./assemble_run.ts";
import { assertRowsFit, findCheckpoint } from "./find_checkpoint.ts";
import { assertSameSources } from "./source_fingerprints.ts";

/** A run has trained all experiences of the benchmark: there is nothing to continue it with. */
export class NothingNewError extends RangeRefusal {
  override readonly name = "NothingNewError";
}

/**
 * Makes the strategy and opens a finished run's folder, to train experiences that came later: those of `benchmark`
 * after the ones that the run has trained. Memories, importances, optimizer, heads, random streams and counters go on
 * from the run's end; `config` replaces the run's. Where nothing looks ahead the run ends with the bits of one over
 * all experiences. Rows of the accuracy matrix have as many cells as there were test experiences when they were
 * measured. A continuation that was interrupted goes on with `resumeTrainingRun`.
 * @throws {NothingNewError} If the benchmark has no new experience.
 * @throws {RefusalError} If the folder holds no finished run, the benchmark has other old experiences, the strategy or
 * the benchmark looks ahead at all experiences, or another run is writing there.
 * @throws {LostCheckpointsError} If the checkpoint of the run's end is not whole.
 */
export async function continueTrainingRun<Config>(options: ResumeOptions<Config>): Promise<TrainingRun<Config>> {
  assertOptions("continueTrainingRun", options, RESUME_RULES);
  const { directory: path, benchmark, acceptChangedData = false } = options;
  await assertFinished(path);
  return assembleRun(options, async (strategy) => {
    const { ranks } = strategy.options.cluster;
    const directory = await openOnRanks(ranks, options.benchmark, () => openRunDirectory(path));
    try {
      const checkpoint = await findEnd(directory, strategy.model);
      assertNoLookAhead(path, strategy, benchmark);
      if (!acceptChangedData) {
        const { sources = {} } = await readRunOrigin(path);
        assertSameSources(path, sources, benchmark);
        assertOldExperiences(path, checkpoint, benchmark);
      }
      assertNew(path, checkpoint, benchmark);
      assertRowsFit(checkpoint, benchmark);
      await ranks.assertSame("experiences in a folder that they share", String(checkpoint.experiences.length));
      return { directory, checkpoint, beginning: "continued" };
    } catch (error) {
      directory.close();
      throw error;
    }
  });
}

async function assertFinished(path: string): Promise<void> {
  const status = (await readRunSummary(path))?.status;
  if (status === undefined) throw new RefusalError(`${path} holds no run: summary.json is missing`);
  if (status !== "finished") {
    throw new RefusalError(`${path}: the run is not finished (${status}); resume it first, and continue it then`);
  }
}

/** @throws {RefusalError} If what was trained depends on all experiences that there were, and would be other now. */
function assertNoLookAhead(path: string, strategy: BaseStrategy, { streams }: Benchmark): void {
  if (strategy.trainsJointly) {
    throw new RefusalError(`${path}: ${strategy.constructor.name} trains all experiences at once and adds none`);
  }
  const [piece] = streams.get(ONLINE_STREAM)?.slice(0, 1) ?? [];
  if (!piece || !isOnlineExperience(piece) || !piece.isMixed) return;
  throw new RefusalError(
    `${path}: decayBeta mixes each experience with the next, and the run's last one was trained without: it cannot be continued`,
  );
}

/** The checkpoint that was made after the run's last experience. */
async function findEnd(directory: RunDirectory, model: tf.LayersModel): Promise<RunCheckpoint> {
  const { checkpoint, damaged } = await findCheckpoint(directory, model);
  const [newest] = damaged;
  if (newest) throw new LostCheckpointsError(`${directory.path}: the checkpoint of its end: ${newest.reason}`);
  if (checkpoint?.place.kind === "before") return checkpoint;
  throw new LostCheckpointsError(`${directory.path}: the checkpoint of its end is missing`);
}

/** @throws {RefusalError} If the benchmark has no more experiences than the run has trained. */
function assertNew(path: string, { experiences }: RunCheckpoint, { trainStream }: Benchmark): void {
  const [trained, there] = [experiences.length, trainStream.length];
  if (there < trained) {
    throw new RangeRefusal(`${path}: the benchmark must have the run's ${trained} experiences, got ${there}`);
  }
  if (there > trained) return;
  throw new NothingNewError(`${path}: nothing is new: the run has trained all ${there} experiences of the benchmark`);
}

/** @throws {RangeRefusal} If the benchmark does not begin with what the run has trained. */
function assertOldExperiences(path: string, { experiences }: RunCheckpoint, { trainStream }: Benchmark): void {
  for (const { index, name, examples, classes } of experiences.slice(0, trainStream.length)) {
    const { dataset, classesInThisExperience, name: nowCalled = name } = trainStream.at(index);
    if (name !== undefined && name !== nowCalled) {
      const [before, now] = [name, nowCalled].map(describeValue);
      throw new RangeRefusal(`${path}: experience ${index} was ${before} when it was trained, now ${now}`);
    }
    if (dataset.length !== examples) {
      throw new RangeRefusal(
        `${path}: experience ${index} had ${examples} samples when it was trained, now ${dataset.length}`,
      );
    }
    if (isDeepStrictEqual([...classes], [...classesInThisExperience])) continue;
    const [before, now] = [classes, classesInThisExperience].map((ids) => describeValue([...ids]));
    throw new RangeRefusal(`${path}: experience ${index} had the classes ${before} when it was trained, now ${now}`);
  }
}
