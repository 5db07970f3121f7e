import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { ReshapeSpec } from "../specs/layer_spec.ts";

/** Flatten, [N, a, b, …] to [N, a·b·…]: Flatten-13; nothing where the input is flat already. */
export function convertFlatten(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.shapeOf(x).length === 2 ? x : graph.node("Flatten", [x], { axis: int(1) });
}

/** Reshape, [N, …] to [N, …sampleShape]: Reshape-14, where a length of 0 keeps the batch as it is. */
export function convertReshape(layer: ReshapeSpec, x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Reshape", [x, graph.integers([0, ...layer.sampleShape])]);
}
