import type { ParameterLayout } from "../core/parameter_layout.ts";
import type { ModelVectors } from "../engine/engine.ts";
import type { ModelTopology } from "../engine/model_topology.ts";
import { loadModel } from "../engine/tfjs/model_loading.ts";
import {
  assertModelVectorsFit,
  listModelVariables,
  readVariables,
  writeVariables,
} from "../engine/tfjs/model_variables.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { takeTopology } from "./take_topology.ts";

/** A model as plain data: what a cluster is started with and a checkpoint holds. */
export interface ModelSnapshot extends ModelVectors {
  readonly topology: ModelTopology;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
}

/**
 * Copies a model out of TF.js: its topology, its trainable weights as one vector [P] and the others as another [Q].
 * The caller owns the result; the model is left as it was.
 * @throws {RangeError} If two of the model's weights have one name, or it has more of them than a vector holds.
 */
export function flattenWeights(model: tf.LayersModel): ModelSnapshot {
  assertModelVectorsFit(model);
  const { trainable, state, layout, stateLayout } = listModelVariables(model);
  const snapshot = {
    topology: takeTopology(model),
    layout,
    stateLayout,
    parameters: new Float32Array(layout.size),
    state: new Float32Array(stateLayout.size),
  };
  readVariables(trainable, layout, snapshot.parameters);
  readVariables(state, stateLayout, snapshot.state);
  return snapshot;
}

/**
 * Puts trained values back into a model of the same topology.
 * @param vectors Borrowed; may lie in shared memory.
 * @throws {RangeError} If the vectors do not have the model's lengths.
 */
export function restoreWeights(model: tf.LayersModel, vectors: ModelVectors): void {
  const { trainable, state, layout, stateLayout } = listModelVariables(model);
  writeVariables(trainable, layout, vectors.parameters);
  writeVariables(state, stateLayout, vectors.state);
}

/**
 * Builds a new model from a snapshot, to be used with TF.js directly. The caller owns it.
 * @throws {RangeError} If the topology names a layer class that is not registered, or the vectors do not fit it.
 */
export async function createModelFromSnapshot(
  snapshot: Pick<ModelSnapshot, "topology" | "parameters" | "state">,
): Promise<tf.LayersModel> {
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const model = await loadModel(snapshot.topology);
  restoreWeights(model, snapshot);
  return model;
}
