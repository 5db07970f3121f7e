import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { InputSpec } from "../layer_spec.ts";

/** The name that the samples have in every graph that we make. */
export const SAMPLES_NAME = "input";

/** An input [N, …sampleShape]. The first is called "input"; others keep the names of their layers. */
export function convertInput(layer: InputSpec, graph: GraphBuilder): ValueName {
  const name = graph.hasInput(SAMPLES_NAME) ? layer.name : SAMPLES_NAME;
  return graph.input(name, { shape: ["N", ...layer.sampleShape], dataType: "float32" }, { kind: "samples" });
}
