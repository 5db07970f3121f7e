import type * as tf from "@tensorflow/tfjs";
import { describeCause, describeValue, RefusalError } from "../../core/errors/errors.ts";
import { hashParameters } from "../../core/hashing/hash_parameters.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { listModelVariables } from "../../engine/tfjs/model_variables.ts";
import { onnxModel } from "../../models/onnx_model.ts";
import type { OnnxModelOptions, TfjsModelOptions } from "../../models/options.ts";
import { tfjsModel } from "../../models/tfjs_model.ts";
import type { WeightsFile, WeightsOrigin } from "../../models/weights_file.ts";
import { findWeightsOrigin } from "../../models/weights_origin.ts";
import { openCheckpoint } from "../checkpoints/checkpoint_codec.ts";
import { WeightsFileRefusal } from "../checkpoints/weights_file_refusal.ts";
import { type FileWeights, readKeptWeights } from "./kept_weights.ts";

/** Finds the weights of the file that a checkpoint names. */
export type FindFileWeights = (file: WeightsFile) => Promise<FileWeights>;

/**
 * The state in a checkpoint, with the weights that it leaves out.
 * @param find Default: reads the file.
 * @throws {WeightsFileRefusal} If that file is missing or has changed.
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  find: FindFileWeights = readFileWeights,
): Promise<{ readonly state: SavedState; readonly origin: WeightsOrigin | undefined }> {
  const opened = openCheckpoint(bytes);
  if (!opened.weightsFile) return { state: opened.read(), origin: undefined };
  const { origin, values } = await find(opened.weightsFile);
  return { state: opened.read((name) => values.get(name)), origin };
}

/** Reads the file, which may lie in the folder of a run. */
export function findInFolder(folder: string): FindFileWeights {
  return async (file) => (file.kind === "kept" ? readKeptWeights(folder, file) : readFileWeights(file));
}

/** Finds the weights in a model that was made from the file and has them still; reads the file otherwise. */
export function findInModel(model: tf.LayersModel, folder: string): FindFileWeights {
  const origin = findWeightsOrigin(model);
  return async (file) => {
    if (!origin || file.kind === "kept") return findInFolder(folder)(file);
    assertSameFile(file, origin);
    const values = listValues(model);
    const isAsRead = [...origin.hashes].every(([name, hash]) => {
      const own = values.get(name);
      return own !== undefined && hashParameters(own) === hash;
    });
    return isAsRead ? { origin, values } : readFileWeights(file);
  };
}

/** @throws {WeightsFileRefusal} If the file is missing, no model can be made from it, or it has changed. */
async function readFileWeights(file: WeightsFile): Promise<FileWeights> {
  const model = await makeModel(file);
  try {
    const origin = findWeightsOrigin(model);
    if (!origin) throw new WeightsFileRefusal(`${describeNeed(file)}, which is no file of a model`);
    assertSameFile(file, origin);
    return { origin, values: listValues(model) };
  } finally {
    model.dispose();
  }
}

/** The options were checked when the model was first made; they are checked again. */
async function makeModel(file: WeightsFile): Promise<tf.LayersModel> {
  const { kind, path, options } = file;
  try {
    switch (kind) {
      case "onnx":
        return onnxModel({ ...(options as OnnxModelOptions), path });
      case "kept":
        throw new WeightsFileRefusal(`${describeNeed(file)} in the folder of the run: leave the checkpoint there`);
      case "tfjs":
        return await tfjsModel({ ...(options as Partial<TfjsModelOptions>), path });
    }
  } catch (cause) {
    if (!(cause instanceof RefusalError) || cause instanceof WeightsFileRefusal) throw cause;
    throw new WeightsFileRefusal(`${describeNeed(file)}, which cannot be used: ${describeCause(cause)}`, { cause });
  }
}

/** @throws {WeightsFileRefusal} If they are not the same bytes. */
function assertSameFile(wanted: WeightsFile, { file: { path, sha256 } }: WeightsOrigin): void {
  if (sha256 === wanted.sha256) return;
  const [before, now] = [wanted.sha256, sha256].map(describeValue);
  throw new WeightsFileRefusal(
    `${describeNeed(wanted)} of SHA-256 ${before}, and ${path} has ${now} now: put back the file as it was`,
  );
}

function describeNeed({ path }: WeightsFile): string {
  return `the weights that are not trained stand in ${path}`;
}

function listValues(model: tf.LayersModel): ReadonlyMap<string, Float32Array> {
  const { state, stateLayout } = listModelVariables(model);
  return new Map(
    stateLayout.entries.map(({ name }, i) => [name, state[i]?.dataSync<"float32">() ?? new Float32Array(0)]),
  );
}
