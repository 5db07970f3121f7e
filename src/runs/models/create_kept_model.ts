import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { createModelFromSnapshot } from "../../models/model_snapshot.ts";
import { noteWeightsOrigin } from "../../models/weights_origin.ts";
import { findUnsupportedLayers, parseTopology } from "../../onnx/topology/parse_topology.ts";
import { findRunModel, readKeptModel } from "./find_kept_model.ts";
import type { KeptModel } from "./kept_model.ts";

/** A trained model that another strategy begins with. */
export interface TrainedModel {
  /** With its weights, and its heads as wide as they had grown. The caller owns it. */
  readonly model: tf.LayersModel;
  /**
   * The label of each output: the benchmark of the new strategy must number its classes so (`classNames` of
   * `directoryBenchmark` and `createDatasetBenchmark`).
   */
  readonly classNames: readonly string[];
  /** SHA-256 of the parameters, as the run's summary.json has it. */
  readonly parametersHash: string;
}

/**
 * The model of a run, finished or not, from its newest checkpoint: for another strategy, or for other data. Optimizer,
 * plugins, memories and random streams are left to the run; `continueTrainingRun` goes on with those.
 * @param directory The run's folder. Nothing in it changes, and it is not needed afterwards.
 * @throws {RefusalError} If there is no run, no checkpoint, or a layer of the model is not registered.
 * @example
 * const { model } = await createModelFromRun("runs/naive-split-mnist-1");
 * const strategy = new Replay({ model, memSize: 500, optimizer: new SGD({ learningRate: 0.01 }) });
 */
export async function createModelFromRun(directory: string): Promise<TrainedModel> {
  return createTrainedModel(directory, await findRunModel(directory));
}

/**
 * The same from one file: a checkpoint of a run, what `saveStrategy` wrote, or the start_model.safetensors of a run.
 * @throws {RefusalError} If the file is missing, damaged or something else, or a layer of the model is not registered.
 * @example const { model } = await createModelFromCheckpoint("strategy.safetensors");
 */
export async function createModelFromCheckpoint(file: string): Promise<TrainedModel> {
  return createTrainedModel(file, await readKeptModel(file));
}

/**
 * Builds a model that was read.
 * @param origin What messages begin with: where it comes from.
 * @throws {RefusalError} If a layer is not registered, or the weights are those of another model.
 */
export async function createTrainedModel(origin: string, kept: KeptModel): Promise<TrainedModel> {
  const { topology, parameters, layerState: state, classNames, parametersHash, origin: weightsOrigin } = kept;
  try {
    assertWeightsFit(kept);
    const model = await createModelFromSnapshot({ topology, parameters, state });
    if (weightsOrigin) noteWeightsOrigin(model, weightsOrigin);
    return { model, classNames, parametersHash };
  } catch (cause) {
    if (!(cause instanceof RefusalError)) throw cause;
    throw new RangeRefusal(`${origin}: ${cause.message}`, { cause });
  }
}

/**
 * Compares the network with its weights before anything is made by it: a file may ask for any amount of memory.
 * @throws {RangeRefusal} If it has more or fewer weights than the file holds.
 */
function assertWeightsFit({ topology, parameters, layerState }: KeptModel): void {
  // Layers that only TF.js knows are left to it.
  if (findUnsupportedLayers(topology).length > 0) return;
  const { layout, stateLayout } = parseTopology(topology);
  const [wanted, got] = [layout.size + stateLayout.size, parameters.length + layerState.length];
  if (wanted !== got) throw new RangeRefusal(`the network has ${wanted} weights, the file holds ${got}`);
}
