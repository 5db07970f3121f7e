import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { readLengths } from "../../ops/window_shapes.ts";
import { createWindowAttributes, placeWindow, type WindowSettings } from "../../ops/windowing.ts";
import { describeShape } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { putChannelsFirst, putChannelsLast } from "../channels_first.ts";
import type { LayerCall } from "../layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "../layer_definition.ts";
import { spreadMask } from "../masking.ts";
import { assertChannelsLast } from "../read_setting.ts";
import { readWindowSettings } from "./window_settings.ts";

/** The largest value or the mean of each window; padding counts for neither. */
interface PoolingSpec extends LayerCall {
  readonly kind: "pooling";
  readonly operation: "max" | "average";
  readonly window: WindowSettings;
}

/** The largest value or the mean of each channel: [N, …, C] to [N, C]. */
interface GlobalPoolingSpec extends LayerCall {
  readonly kind: "globalPooling";
  readonly operation: "max" | "average";
}

/** Any pool. */
export type PoolingLayerSpec = PoolingSpec | GlobalPoolingSpec;

/** Pools. None has parameters. */
export const poolingLayers = {
  pooling: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertPooling(layer, x, graph),
    dependsOnMode: never,
  },
  globalPooling: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph, masks: [mask] = [] }) =>
      mask !== undefined && layer.operation === "average"
        ? averageSeen(x, mask, graph)
        : convertGlobalPooling(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<PoolingLayerSpec>;

/** Their classes in TF.js. */
export const poolingClasses = {
  MaxPooling1D: (layer, call) => parsePooling(layer, call, "max"),
  MaxPooling2D: (layer, call) => parsePooling(layer, call, "max"),
  MaxPooling3D: (layer, call) => parsePooling(layer, call, "max"),
  AveragePooling1D: (layer, call) => parsePooling(layer, call, "average"),
  AveragePooling2D: (layer, call) => parsePooling(layer, call, "average"),
  AveragePooling3D: (layer, call) => parsePooling(layer, call, "average"),
  GlobalMaxPooling1D: (layer, call) => parseGlobalPooling(layer, call, "max"),
  GlobalMaxPooling2D: (layer, call) => parseGlobalPooling(layer, call, "max"),
  GlobalMaxPooling3D: (layer, call) => parseGlobalPooling(layer, call, "max"),
  GlobalAveragePooling1D: (layer, call) => parseGlobalPooling(layer, call, "average"),
  GlobalAveragePooling2D: (layer, call) => parseGlobalPooling(layer, call, "average"),
  GlobalAveragePooling3D: (layer, call) => parseGlobalPooling(layer, call, "average"),
} satisfies ClassFamily<PoolingLayerSpec>;

function parsePooling(layer: LayerJson, { name, inputs }: LayerCall, operation: PoolingSpec["operation"]): PoolingSpec {
  assertChannelsLast(layer);
  return { name, inputs, kind: "pooling", operation, window: readWindowSettings(layer, "pool_size") };
}

function parseGlobalPooling(
  layer: LayerJson,
  { name, inputs }: LayerCall,
  operation: PoolingSpec["operation"],
): GlobalPoolingSpec {
  assertChannelsLast(layer);
  return { name, inputs, kind: "globalPooling", operation };
}

/** [N, …, C] to fewer places: MaxPool-12, or AveragePool-11, which by default leaves the padding out of its means. */
function convertPooling(layer: PoolingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (shape.length !== layer.window.kernel.length + 2) {
    throw new RangeRefusal(
      needs("the pool", `an input of rank ${layer.window.kernel.length + 2}`, describeShape(shape)),
    );
  }
  const channels = putChannelsFirst(x, graph);
  const attributes = createWindowAttributes(placeWindow(layer.window, readLengths(graph.shapeOf(channels))));
  const op = layer.operation === "max" ? "MaxPool" : "AveragePool";
  return putChannelsLast(graph.node(op, [channels], attributes), graph);
}

/** The mean [N, C] of the times of [N, T, C] that count; a row without any has none, NaN, as in Keras. */
function averageSeen(x: ValueName, mask: ValueName, graph: GraphBuilder): ValueName {
  const isSeen = spreadMask(mask, x, graph);
  const sum = (value: ValueName) => graph.node("ReduceSum", [value, graph.integers([1])], { keepdims: int(0) });
  return graph.node("Div", [sum(graph.node("Mul", [x, isSeen])), sum(isSeen)]);
}

/** [N, …, C] to [N, C]: ReduceMax-13 or ReduceMean-13 over all between. */
function convertGlobalPooling(layer: GlobalPoolingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const axes = graph
    .shapeOf(x)
    .slice(1, -1)
    .map((_, i) => i + 1);
  const op = layer.operation === "max" ? "ReduceMax" : "ReduceMean";
  return graph.node(op, [x], { axes: ints(axes), keepdims: int(0) });
}
