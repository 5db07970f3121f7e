import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { InputSpec } from "../specs/layer_spec.ts";

/** The name that the samples have in every graph that we make. */
export const SAMPLES_NAME = "input";

/** The name of the input for task labels, in models and in every graph that we make. */
export const TASK_LABELS_NAME = "task_labels";

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

/** The input of task labels [N]; a graph has it once. */
export function addTaskLabels(graph: GraphBuilder): ValueName {
  return graph.input(TASK_LABELS_NAME, { shape: ["N"], dataType: "int64" }, { kind: "taskLabels" });
}
