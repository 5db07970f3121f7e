import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RangeRefusal, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { CheckpointFolder } from "../checkpoints/checkpoint_folder.ts";
import { assertRegularFile, readRunOrigin } from "../read_run_files.ts";
import { findInFolder, readCheckpoint } from "./file_weights.ts";
import { type KeptModel, parseKeptModel } from "./kept_model.ts";
import { findRunFolder } from "./kept_weights.ts";

/**
 * The model of a run, from its newest checkpoint.
 * @throws {RefusalError} If the folder holds no run, or a run without a checkpoint or whose newest one is damaged.
 */
export async function findRunModel(folder: string): Promise<KeptModel> {
  await readRunOrigin(folder);
  const checkpoints = new CheckpointFolder(join(folder, "checkpoints"));
  const [newest] = await withFileNamed(folder, () => checkpoints.list());
  if (newest === undefined) throw new RefusalError(`${folder} holds a run without a checkpoint: there is no model yet`);
  return readKeptModel(join(checkpoints.path, newest));
}

/**
 * The model in a file: a checkpoint of a run, what `saveStrategy` wrote, or a model that a run began with.
 * @throws {RefusalError} If the file is missing, damaged or something else.
 */
export async function readKeptModel(file: string): Promise<KeptModel> {
  const bytes = await withFileNamed(file, async () => {
    await assertRegularFile(file);
    return readFile(file);
  });
  try {
    const { state, origin } = await readCheckpoint(bytes, findInFolder(findRunFolder(file)));
    // What lies in the folder of a run is that run's.
    const lasting = origin?.file.kind === "kept" ? undefined : origin;
    return { ...parseKeptModel(state), ...omitUndefined({ origin: lasting }) };
  } catch (cause) {
    if (!(cause instanceof RefusalError)) throw cause;
    const Refusal = cause instanceof SyntaxError ? SyntaxRefusal : RangeRefusal;
    throw new Refusal(`${file}: ${cause.message}`, { cause });
  }
}
