import type * as tf from "@tensorflow/tfjs";
import { hashParameters } from "../core/hashing/hash_parameters.ts";
import { listModelVariables } from "../engine/tfjs/model_variables.ts";
import type { WeightsFile, WeightsOrigin } from "./weights_file.ts";

const origins = new WeakMap<tf.LayersModel, WeightsOrigin>();

/** Notes that a model has just been made from a file: its weights are those of the file. */
export function noteWeightsFile(model: tf.LayersModel, file: WeightsFile): void {
  const { state, stateLayout } = listModelVariables(model);
  const hashes = stateLayout.entries.map(({ name }, i) => {
    const values = state[i]?.dataSync<"float32">() ?? new Float32Array(0);
    return [name, hashParameters(values)] as const;
  });
  noteWeightsOrigin(model, { file, hashes: new Map(hashes) });
}

/** Notes of a model made anew where its weights came from at first. */
export function noteWeightsOrigin(model: tf.LayersModel, origin: WeightsOrigin): void {
  origins.set(model, origin);
}

/** Where a model's weights came from; undefined for a model that was made of no file. */
export function findWeightsOrigin(model: tf.LayersModel): WeightsOrigin | undefined {
  return origins.get(model);
}
