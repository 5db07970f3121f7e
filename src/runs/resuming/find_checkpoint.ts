import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import type { Benchmark } from "../../streams/experience.ts";
import type { FoundCheckpoint } from "../checkpoints/checkpoint_folder.ts";
import type { RunCheckpoint } from "../checkpoints/run_checkpoint.ts";
import { findInModel, readCheckpoint } from "../models/file_weights.ts";
import type { RunDirectory } from "../run_directory.ts";
import { LostCheckpointsError } from "../storage_error.ts";

/**
 * The newest checkpoint of a run that is whole and that its metrics.jsonl is long enough for.
 * @param model What the run goes on with, as it was made: weights that the checkpoint leaves out are taken from it.
 * @throws {LostCheckpointsError} If there are checkpoints and none of them is whole.
 * @throws {WeightsFileRefusal} If the model was made from another file than the run's, or that file has changed.
 */
export async function findCheckpoint(
  { path, checkpoints, metrics }: RunDirectory,
  model: tf.LayersModel,
): Promise<FoundCheckpoint> {
  const sizeBytes = metrics.flush();
  const assertLongEnough = ({ metricsBytes }: RunCheckpoint) => {
    if (metricsBytes <= sizeBytes) return;
    throw new RangeRefusal(`it needs ${metricsBytes} bytes of ${metrics.path}, which has ${sizeBytes}`);
  };
  const find = findInModel(model, path);
  const found = await checkpoints.findNewest(assertLongEnough, async (bytes) => {
    return (await readCheckpoint(bytes, find)).state;
  });
  if (!found.checkpoint && found.damaged.length > 0) {
    const reasons = found.damaged.map((file) => `${file.name}: ${file.reason}`).join("; ");
    throw new LostCheckpointsError(`${path}: none of its checkpoints can be used (${reasons})`);
  }
  return found;
}

/**
 * A row has as many cells as there were experiences to test on when it was measured: others may have come since.
 * @throws {RangeRefusal} If a run on this benchmark cannot have come to a checkpoint's rows.
 */
export function assertRowsFit({ experiences }: RunCheckpoint, { trainStream, testStream }: Benchmark): void {
  if (experiences.length > trainStream.length) {
    throw new RangeRefusal(`the checkpoint has ${experiences.length} of ${trainStream.length} experiences`);
  }
  let least = 1;
  for (const [i, { testAccuracy }] of experiences.entries()) {
    const { length } = testAccuracy;
    if (length < least || length > testStream.length) {
      const wanted = `from ${least} to ${testStream.length} values`;
      throw new RangeRefusal(`the checkpoint's experiences.${i}.testAccuracy must have ${wanted}, got ${length}`);
    }
    least = length;
  }
}
