import { string } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { CroppingSpec, UpSamplingSpec, ZeroPaddingSpec } from "../specs/window_specs.ts";
import { putChannelsFirst, putChannelsLast } from "./channels_first.ts";

/** Zeros around images [N, H, W, C]: Pad-13. */
export function convertZeroPadding({ pads }: ZeroPaddingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const before = [0, ...pads.map(([length]) => length), 0];
  const behind = [0, ...pads.map(([, length]) => length), 0];
  return graph.node("Pad", [x, graph.integers([...before, ...behind])]);
}

/** Images [N, H, W, C] without some of their rows and columns: Slice-13. */
export function convertCropping({ pads }: CroppingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  const starts = pads.map(([length]) => length);
  const ends = pads.map(([, length], axis) => Number(shape[axis + 1]) - length);
  const axes = pads.map((_, axis) => axis + 1);
  return graph.node("Slice", [x, ...[starts, ends, axes].map((values) => graph.integers(values))]);
}

/**
 * Images [N, H, W, C] by whole factors: Resize-13. The pixel i of the result lies at i / factor of the input, as in
 * TF.js's resizing without centred pixels: there it takes the pixel before, or a value between that and the next.
 */
export function convertUpSampling(layer: UpSamplingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const mode = layer.interpolation === "nearest" ? "nearest" : "linear";
  const attributes = {
    mode: string(mode),
    coordinate_transformation_mode: string("asymmetric"),
    ...(mode === "nearest" ? { nearest_mode: string("floor") } : {}),
  };
  const scales = graph.constant([1, 1, ...layer.factors]);
  return putChannelsLast(graph.node("Resize", [putChannelsFirst(x, graph), "", scales], attributes), graph);
}
