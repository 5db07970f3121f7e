import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { describeShape } from "../shape.ts";

/** Reshape-14 to a shape whose batch, if it has one, is what is left. */
export function reshapeTo(x: ValueName, shape: Shape, graph: GrowingGraph): ValueName {
  if (describeShape(graph.shapeOf(x)) === describeShape(shape)) return x;
  return graph.node("Reshape", [x, graph.integers(shape.map((length) => (typeof length === "number" ? length : -1)))]);
}
