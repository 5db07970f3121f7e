import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "./layer_definition.ts";
import { readSampleShape } from "./read_setting.ts";

/** A model's input [N, …sampleShape]. */
export interface InputSpec extends LayerCall {
  readonly kind: "input";
  readonly sampleShape: readonly number[];
}

/** The name that the samples have in every graph that we make. */
export const SAMPLES_NAME = "input";

/** The name of the input for task labels, in models and in every graph that we make. */
export const TASK_LABELS_NAME = "task_labels";

/** ONNX's number of float32 in a Cast. */
const FLOAT32 = 1;

/** True for the input that takes task labels instead of samples. */
export function isTaskLabels(layer: InputSpec): boolean {
  return layer.name === TASK_LABELS_NAME;
}

/**
 * An input [N, …sampleShape]. The first is called "input"; others keep the names of their layers. Task labels, [N], are
 * the only input of integers.
 */
export function convertInput(layer: InputSpec, graph: GraphBuilder): ValueName {
  if (isTaskLabels(layer)) return addTaskLabels(graph);
  const name = graph.hasInput(SAMPLES_NAME) ? layer.name : SAMPLES_NAME;
  return graph.input(name, { shape: ["N", ...layer.sampleShape], dataType: "float32" }, { kind: "samples" });
}

/** Whether each sample's task label is this one: [N, 1]. */
export function addTaskCondition(task: number, graph: GraphBuilder): ValueName {
  const labels = graph.node("Reshape", [addTaskLabels(graph), graph.integers([-1, 1])]);
  const numbers = graph.node("Cast", [labels], { to: int(FLOAT32) });
  const distance = graph.node("Abs", [graph.node("Sub", [numbers, graph.constant(task)])]);
  return graph.node("Greater", [graph.constant(0.5), distance]);
}

/** The input of task labels [N]; a graph has it once. */
export function addTaskLabels(graph: GraphBuilder): ValueName {
  return graph.input(TASK_LABELS_NAME, { shape: ["N"], dataType: "int64" }, { kind: "taskLabels" });
}

/** The input layer of a model. */
export const inputLayers = {
  input: {
    parameters: noParameters,
    convert: (layer, _inputs, { graph }) => convertInput(layer, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<InputSpec>;

/** Its class in TF.js. */
export const inputClasses = {
  InputLayer: (layer, call) => ({ ...call, kind: "input", sampleShape: readSampleShape(layer) }),
} satisfies ClassFamily<InputSpec>;
