import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "./layer_definition.ts";
import { assertChannelsLast, readInteger, readIntegers } from "./read_setting.ts";

/** [N, a, b, …] to [N, a·b·…] */
interface FlattenSpec extends LayerCall {
  readonly kind: "flatten";
}

/** [N, …] to [N, …sampleShape], where one length of −1 takes what is left. */
interface ReshapeSpec extends LayerCall {
  readonly kind: "reshape";
  readonly sampleShape: readonly number[];
}

/** [N, …] with the axes of the samples in another order, counted from 1. */
interface PermuteSpec extends LayerCall {
  readonly kind: "permute";
  readonly order: readonly number[];
}

/** [N, F] to [N, times, F] */
interface RepeatVectorSpec extends LayerCall {
  readonly kind: "repeatVector";
  readonly times: number;
}

/** Any layer that changes a sample's shape. */
export type ShapingLayerSpec = FlattenSpec | ReshapeSpec | PermuteSpec | RepeatVectorSpec;

/** Layers that change a sample's shape. None has parameters. */
export const shapingLayers = {
  flatten: {
    parameters: noParameters,
    convert: (_, [x = ""], { graph }) => convertFlatten(x, graph),
    dependsOnMode: never,
  },
  /** Reshape, [N, …] to [N, …sampleShape]: Reshape-14, where a length of 0 keeps the batch. */
  reshape: {
    parameters: noParameters,
    convert: ({ sampleShape }, [x = ""], { graph }) => graph.node("Reshape", [x, graph.integers([0, ...sampleShape])]),
    dependsOnMode: never,
  },
  permute: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertPermute(layer, x, graph),
    dependsOnMode: never,
  },
  repeatVector: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertRepeatVector(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<ShapingLayerSpec>;

/** Their classes in TF.js. */
export const shapingClasses = {
  Flatten: (layer, call) => {
    assertChannelsLast(layer);
    return { ...call, kind: "flatten" };
  },
  Reshape: (layer, call) => ({
    ...call,
    kind: "reshape",
    sampleShape: readIntegers(layer, "target_shape", { open: -1 }),
  }),
  Permute: (layer, call) => ({
    ...call,
    kind: "permute",
    order: readIntegers(layer, "dims", { minimum: 1, count: 1 }),
  }),
  RepeatVector: (layer, call) => ({ ...call, kind: "repeatVector", times: readInteger(layer, "n", { minimum: 1 }) }),
} satisfies ClassFamily<ShapingLayerSpec>;

/** Flatten, [N, a, b, …] to [N, a·b·…]: Flatten-13; nothing where the input is flat already. */
export function convertFlatten(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.shapeOf(x).length === 2 ? x : graph.node("Flatten", [x], { axis: int(1) });
}

/** Permute: Transpose-13, with the batch left in front. */
function convertPermute({ order }: PermuteSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  if (order.length !== shape.length - 1) {
    throw new RangeRefusal(needs("Permute", `an order of ${shape.length - 1} axes`, order));
  }
  return graph.node("Transpose", [x], { perm: ints([0, ...order]) });
}

/** RepeatVector, [N, F] to [N, times, F]: Expand-13 of [N, 1, F]. */
function convertRepeatVector({ times }: RepeatVectorSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const [, features, ...others] = graph.shapeOf(x);
  if (typeof features !== "number" || others.length > 0) {
    throw new RangeRefusal(needs("RepeatVector", "an input [N, F]", describeShape(graph.shapeOf(x))));
  }
  const rows = graph.node("Reshape", [x, graph.integers([-1, 1, features])]);
  return graph.node("Expand", [rows, graph.integers([1, times, 1])]);
}
