import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { createParameterLayout, type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import { assertVectorsFit, type VectorLengths } from "../../core/vector_limit.ts";
import { listWeightOwners } from "./model_layers.ts";
import * as tf from "./tensorflow.ts";

/** The variables of a model, each list in the order of its layout. */
export interface ModelVariables {
  /** What gradients are taken of. */
  readonly trainable: readonly tf.Variable[];
  /** Moving statistics, and the weights of layers that are frozen (`trainable: false`). */
  readonly state: readonly tf.Variable[];
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
}

/**
 * Finds a model's variables and lays them out, in model order. Entries are called `layerName/weightName`
 * ("classifier/kernel"): the names that tfjs gives before it numbers them through in a process, so that the same
 * topology gives the same layout everywhere. The variables stay the model's.
 * @throws {RangeError} If two weights have one name.
 */
export function listModelVariables(model: tf.LayersModel): ModelVariables {
  // Layer by layer: TF.js gives the weights of a nested model that was frozen as a whole in another order than its
  // layers'.
  const weights = listWeightOwners(model).flatMap((layer) => layer.weights);
  const names = new Set<string>();
  for (const { originalName } of weights) {
    if (names.has(originalName)) {
      throw new RangeRefusal(needs("the model", "layer names that differ", originalName));
    }
    names.add(originalName);
  }
  const trained = new Set(model.trainableWeights);
  const trainable = weights.filter((weight) => trained.has(weight));
  const state = weights.filter((weight) => !trained.has(weight));
  return {
    trainable: trainable.map(readVariable),
    state: state.map(readVariable),
    layout: createLayout(trainable),
    stateLayout: createLayout(state),
  };
}

/**
 * Refuses a model that flat vectors cannot hold. No weight is read.
 * @throws {RangeError} If it has more than 2^30 trained parameters, or as many values of layer state.
 */
export function assertModelVectorsFit(model: Pick<tf.LayersModel, "name" | "weights" | "trainableWeights">): void {
  const count = (weights: readonly Pick<tf.LayerVariable, "shape">[]) =>
    weights.reduce((sum, { shape }) => sum + countElements(shape.map(Number)), 0);
  const parameters = count(model.trainableWeights);
  const lengths: VectorLengths = { parameters, state: count(model.weights) - parameters };
  assertVectorsFit(`the model ${model.name}`, lengths);
}

/** Copies a flat vector into variables; `vector` may lie in shared memory and is not kept. */
export function writeVariables(variables: readonly tf.Variable[], layout: ParameterLayout, vector: Float32Array): void {
  assertVectorLength(layout, vector);
  layout.entries.forEach((entry, i) => {
    // tf.tensor adopts the array it is given, and shared memory is foreign to some backends: hence the copy.
    const values = tf.tensor(viewEntry(vector, entry).slice(), [...entry.shape], "float32");
    variables[i]?.assign(values);
    values.dispose();
  });
}

/**
 * Copies variables into a flat vector. Blocks until the device is done: not for the webgpu backend.
 * @param isWanted Which of them; the vector keeps its values for the others. Default: all.
 */
export function readVariables(
  variables: readonly tf.Variable[],
  layout: ParameterLayout,
  vector: Float32Array,
  isWanted: (variable: tf.Variable) => boolean = () => true,
): void {
  assertVectorLength(layout, vector);
  layout.entries.forEach((entry, i) => {
    const variable = variables[i];
    const values = variable && isWanted(variable) ? variable.dataSync<"float32">() : undefined;
    if (values) vector.set(values, entry.offset);
  });
}

function assertVectorLength(layout: ParameterLayout, vector: Float32Array): void {
  if (vector.length !== layout.size) {
    throw new RangeRefusal(needs("the model", `a vector of length ${layout.size}`, vector.length));
  }
}

function createLayout(weights: readonly tf.LayerVariable[]): ParameterLayout {
  return createParameterLayout(weights.map((weight) => ({ name: weight.originalName, shape: weight.read().shape })));
}

/** `read()` returns the live variable; its declared type says only that it is a tensor. */
function readVariable(weight: tf.LayerVariable): tf.Variable {
  const value = weight.read();
  if (!(value instanceof tf.Variable)) {
    throw new TypeRefusal(needs(`the weight ${weight.originalName}`, "a variable", value));
  }
  return value;
}
