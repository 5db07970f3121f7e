import { countElements } from "../../core/host_tensor.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import type { TensorSource } from "../graph_builder.ts";
import type { ModelSpec } from "../layers/layer_spec.ts";

/** Parameters as inputs, to be fed at every run: what training needs. */
export function feedTensors(spec: ModelSpec): TensorSource {
  return (name, graph) => {
    const isTrainable = spec.layout.entries.some((entry) => entry.name === name);
    const entry = findEntry(isTrainable ? spec.layout : spec.stateLayout, name);
    const role = { kind: isTrainable ? "parameter" : "state", entry } as const;
    return graph.input(name, { shape: entry.shape, dataType: "float32" }, role);
  };
}

/**
 * Parameters as constants within the file: what an exported model needs. They are views of the vectors, which must stay
 * as they are until the file is encoded.
 */
export function writeTensors(
  spec: ModelSpec,
  vectors: { parameters: Float32Array; state: Float32Array },
): TensorSource {
  return (name, graph) => {
    const isTrainable = spec.layout.entries.some((entry) => entry.name === name);
    const entry = findEntry(isTrainable ? spec.layout : spec.stateLayout, name);
    const values = viewEntry(isTrainable ? vectors.parameters : vectors.state, entry);
    return graph.initializer(name, entry.shape, values);
  };
}

/**
 * The same with other parameters [P]: those tensors of them that differ are called NAME/expert, and the others are the
 * same.
 */
export function writeOtherTensors(
  spec: ModelSpec,
  vectors: { parameters: Float32Array; state: Float32Array },
  others: Float32Array,
): TensorSource {
  const own = writeTensors(spec, vectors);
  return (name, graph) => {
    const entry = spec.layout.entries.find((entry) => entry.name === name);
    if (!entry) return own(name, graph);
    const values = viewEntry(others, entry);
    const isSame = viewEntry(vectors.parameters, entry).every((value, i) => Object.is(value, values[i]));
    return isSame ? own(name, graph) : graph.initializer(`${name}/expert`, entry.shape, values);
  };
}

/** Inputs of which only the shape is known yet: enough to find the shapes that follow from them. */
export function declareTensors(shapeOf: (name: string) => readonly number[]): TensorSource {
  return (name, graph) => {
    const shape = shapeOf(name);
    const size = countElements(shape);
    const role = { kind: "parameter", entry: { name, shape, offset: 0, size } } as const;
    return graph.input(name, { shape, dataType: "float32" }, role);
  };
}
