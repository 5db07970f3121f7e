import { RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { collectSources } from "../../streams/benchmark.ts";
import type { Experience } from "../../streams/experience.ts";
import { restoreSnapshot } from "../../training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StoredCheckpoint } from "../checkpoints/run_checkpoint.ts";
import type { TrainingRunOptions } from "../options/training_run_options.ts";
import { createRunStrategy } from "../run_strategy.ts";
import { listTrainingUnits } from "../training_units.ts";
import { describeExport } from "./describe_export.ts";
import { exportStrategy, type StrategyExport, type StrategyExportOptions } from "./export_strategy.ts";

/** What the run of a checkpoint was made of, without its folder. */
type RunOptions = Omit<TrainingRunOptions<unknown>, "directory" | "onSummary">;

/** What is exported, and as what. */
export interface CheckpointExport extends Pick<StrategyExportOptions, "dataLocation" | "original"> {
  readonly checkpoint: StoredCheckpoint;
}

/**
 * The model of a run's checkpoint as the run itself would have exported it there: with what plugins predict by. Nothing
 * is written.
 * @param options The run's own, with which it would go on.
 * @throws {RefusalError} If the checkpoint does not fit them, or was made before anything was trained.
 */
export async function exportCheckpoint(
  options: RunOptions,
  { checkpoint, dataLocation, original }: CheckpointExport,
): Promise<StrategyExport> {
  const { benchmark, labels, keepAdapters } = options;
  const { strategy } = await createRunStrategy({ ...options, loggers: [] }, () => undefined);
  try {
    const experience = findTrained(checkpoint, { benchmark, strategy });
    await strategy.start();
    await restoreSnapshot(strategy, checkpoint.place.now, collectSources(benchmark));
    const own = { strategy: strategy.constructor.name, benchmark: benchmark.name };
    const accuracy = readAccuracy(checkpoint);
    return await exportStrategy(strategy, {
      benchmark,
      experience,
      ...omitUndefined({ dataLocation, keepAdapters, original }),
      metadata: describeExport(experience, { benchmark, labels: labels ?? own, accuracy }),
    });
  } finally {
    await strategy.close();
  }
}

/** The experience that was trained last, or was being trained. */
function findTrained(
  { place, experiences }: StoredCheckpoint,
  { benchmark, strategy }: Pick<RunOptions, "benchmark"> & { readonly strategy: BaseStrategy },
): Experience {
  const number = place.kind === "before" ? experiences.length - 1 : experiences.length;
  if (number < 0) throw new RefusalError("it was made before anything was trained");
  const units = [...listTrainingUnits(benchmark, { jointly: strategy.trainsJointly })];
  const unit = units[number];
  if (unit) return unit.experience;
  throw new RefusalError(`it was made at experience ${number}, and the data has ${units.length}`);
}

/** Of what was trained last, if it was measured. */
function readAccuracy({ place, experiences }: StoredCheckpoint) {
  const row = place.kind === "before" ? experiences.at(-1) : undefined;
  const { testAccuracy, streamAccuracy } = row ?? {};
  return testAccuracy && streamAccuracy !== undefined ? { testAccuracy, streamAccuracy } : undefined;
}
