import { cannot, RangeRefusal } from "../../core/errors.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import { readLengths } from "../specs/window_shapes.ts";
import type { GlobalPoolingSpec, PoolingSpec } from "../specs/window_specs.ts";
import { createWindowAttributes, placeWindow } from "../specs/windows.ts";
import { putChannelsFirst, putChannelsLast } from "./channels_first.ts";

/** [N, …, C] to fewer places: MaxPool-12, or AveragePool-11, which by default leaves the padding out of its means. */
export function convertPooling(layer: PoolingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (shape.length !== layer.window.kernel.length + 2) {
    throw new RangeRefusal(cannot("pool", `an input of rank ${layer.window.kernel.length + 2}`, describeShape(shape)));
  }
  const channels = putChannelsFirst(x, graph);
  const attributes = createWindowAttributes(placeWindow(layer.window, readLengths(graph.shapeOf(channels))));
  const op = layer.operation === "max" ? "MaxPool" : "AveragePool";
  return putChannelsLast(graph.node(op, [channels], attributes), graph);
}

/** [N, …, C] to [N, C]: ReduceMax-13 or ReduceMean-13 over all between. */
export function convertGlobalPooling(layer: GlobalPoolingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const axes = graph
    .shapeOf(x)
    .slice(1, -1)
    .map((_, i) => i + 1);
  const op = layer.operation === "max" ? "ReduceMax" : "ReduceMean";
  return graph.node(op, [x], { axes: ints(axes), keepdims: int(0) });
}
